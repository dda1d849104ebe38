#!/usr/bin/env bash
# Expected: two libraries for Sparkplug B, which share one protobuf schema, read each other's metrics.
# True with npm's sparkplug-payload 1.0.3 and PyPI's pysparkplug 0.6.1: each reads what it wrote itself, but
#   - a negative Int8 or Int16 is cut to its width by the Python one and widened to 32 bits by the JavaScript one:
#     -5 from Python is read as 251 and 65531; -5 from JavaScript makes Python refuse the whole birth certificate;
#   - UInt32 goes into int_value in Python and into long_value in JavaScript, which reads Python's 7 as null.
# Why it matters: a plant mixes both. One negative 8-bit metric and a host never sees the node; and a broker that
#   shows or stores Sparkplug values has to take either field and cut each value to the width of its type.
# Seen: below; Int32 and Int64 are read in both directions.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --prefix . --silent --no-audit --no-fund sparkplug-payload@1.0.3
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysparkplug==0.6.1 protobuf==7.36.2

cat >js.cjs <<'JS'
const { encodePayload, decodePayload } = require("sparkplug-payload").get("spBv1.0");
const VALUES = { Int8: -5, Int16: -5, Int32: -5, Int64: -5, UInt32: 7 };
if (process.argv[2] === "write") {
  const metrics = process.argv.slice(3).map((type) => ({ name: type, type, value: VALUES[type], timestamp: 1 }));
  console.log(Buffer.from(encodePayload({ timestamp: 1, seq: 0, metrics })).toString("hex"));
} else {
  const { metrics } = decodePayload(Buffer.from(process.argv[3], "hex"));
  console.log(metrics.map((metric) => `${metric.name}=${metric.value}`).join(" "));
}
JS
cat >py.py <<'PY'
import sys
from pysparkplug import DataType, Metric, NBirth

VALUES = {"Int8": -5, "Int16": -5, "Int32": -5, "Int64": -5, "UInt32": 7}
if sys.argv[1] == "write":
    metrics = [Metric(timestamp=1, name=n, datatype=DataType[n.upper()], value=VALUES[n]) for n in sys.argv[2:]]
    print(NBirth(timestamp=1, seq=0, metrics=tuple(metrics)).encode().hex())
else:
    try:
        birth = NBirth.decode(bytes.fromhex(sys.argv[2]))
        print(*[f"{metric.name}={metric.value}" for metric in birth.metrics])
    except OverflowError as error:
        print("refused:", error)
PY

js() { node js.cjs "$@"; }
py() { venv/bin/python py.py "$@"; }
all="Int8 Int16 Int32 Int64 UInt32"
same="Int8=-5 Int16=-5 Int32=-5 Int64=-5 UInt32=7"
failed=0
# see WHAT SEEN DESCRIBED
see() {
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "changed, it was: $3" >&2; failed=1; }
}
see "JavaScript to JavaScript" "$(js read "$(js write $all)")" "$same"
see "Python to Python" "$(py read "$(py write $all)")" "$same"
see "Python to JavaScript" "$(js read "$(py write $all)")" "Int8=251 Int16=65531 Int32=-5 Int64=-5 UInt32=null"
see "JavaScript to Python, without the short ones" "$(py read "$(js write Int32 Int64)")" "Int32=-5 Int64=-5"
see "JavaScript to Python, Int8 beside them" "$(py read "$(js write Int8 Int32 Int64)")" \
  "refused: Int8 overflow with value 4294967291"
exit $failed
