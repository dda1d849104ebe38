/** Writes `docs/metrics.md` from the tables of metrics. A test says whether it is current. */

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { sampleName } from "../dashboard/metrics/exposition.ts";
import type { Metric } from "../dashboard/metrics/metric.ts";
import { ALIASES, COMQTT_2, OWN } from "../dashboard/metrics/table.ts";

const page = new URL("../docs/metrics.md", import.meta.url);

const HEAD = `# Figures, metrics and health

An HTTP listener answers, and so does \`comqtt.sock\` in the directory of the data (\`curl --unix-socket DIR/comqtt.sock http://localhost/metrics\`):

| path | answer |
| --- | --- |
| \`GET /\` | the figures as JSON |
| \`GET /metrics\` | the same and more for Prometheus; as OpenMetrics 1.0.0 for who asks for it by \`Accept\` |
| \`GET /healthz\` | 200 as long as the event loop lives: who hears nothing restarts the broker |
| \`GET /readyz\` | 200 when clients may be sent: what an earlier run left is there, all listeners are open, the storage can be written, the broker is not being closed. Else 503 with JSON: \`serving\`, \`opening\` (listeners), \`storage\` |
| \`GET /healthcheck\` | 200; with JSON when data was found damaged or missing at start; 503 with JSON that says why while the storage cannot be written |

There is no password: these are counters, without the names of clients, users and topics. A listener at a loopback address (the default) answers
requests under names of this machine only (\`localhost\`, \`127.0.0.1\`, \`[::1]\`), all others get 421 with the code \`host-refused\`: the page of a
stranger may have a name that leads to 127.0.0.1. Health is answered under every name, with the status alone. A reverse proxy on the same
machine asks under the address it was told, or has to be told so: \`proxy_set_header Host localhost\`.

\`comqtt healthcheck\` asks \`/readyz\` and ends with 0 or 1: of the broker with \`--data DIR\` or \`--sock PATH\`, over HTTP with \`--url URL\`, and without
any of them of the first HTTP listener of the configuration. For a container: \`HEALTHCHECK CMD comqtt healthcheck --data /data\`.

## For Prometheus

\`\`\`yaml
scrape_configs:
  - job_name: comqtt
    static_configs:
      - targets: ["127.0.0.1:8080"]
\`\`\`

[config/grafana.json](../config/grafana.json) is a board for Grafana. No label is a client id, a user name or a topic, or anything else that
strangers choose; so there are never more than a few hundred series. A histogram of how long messages wait in queues is not there, as each would have
to carry the time for it, nor are bytes of payloads.

## Names

What ends in \`_total\` only grows, from the start of the broker. A histogram has \`_bucket\`, \`_sum\` and \`_count\`.
`;

const COMQTT_2_HEAD = `## Names of comqtt 2

They are always there, without a type, as theirs says something else about some of them.
`;

const ALIASES_HEAD = `## Names of others

\`metrics.aliases: [mosquitto, emqx]\` shows them as well ([configuration.md](configuration.md)), without a type, for boards that read them. Those of mosquitto are what
mosquitto-exporter makes of \`$SYS\`, so the exporter is not needed; where mosquitto's topic is one of comqtt's, it counts what comqtt counts:
\`broker_messages_received\` are PUBLISH packets, not all packets.
`;

const SYS = `## $SYS

Below \`$SYS/broker/\` are, every \`sysTopicInterval\`, comqtt's topics and those of mosquitto, which mosquitto-exporter reads: the topics of the table above behind
\`$SYS/broker/\`. Loads are averages for a minute. \`uptime\` is a bare number, and bytes of payloads (\`publish/bytes/…\`, \`store/messages/bytes\`) are not counted.

With \`presence: NAME\` the broker says who comes and goes, in QoS 0 and not retained, as JSON:

\`\`\`
$SYS/brokers/NAME/clients/probe-7/connected {"seq":1,"clientid":"probe-7","username":"","address":"192.0.2.7:4711","listener":"tcp","proto_ver":5,"ts":1796144227281,"clean_start":true,"keepalive":60,"expiry_interval":0}
$SYS/brokers/NAME/clients/probe-7/disconnected {"seq":2,"clientid":"probe-7","username":"","address":"192.0.2.7:4711","listener":"tcp","proto_ver":5,"ts":1796144238114,"reason":"normal"}
\`\`\`

\`seq\` grows by one from message to message, so who misses one knows it. In topics \`%\`, \`/\`, \`+\`, \`#\` and control characters of a client id are written as \`%25\` and
so on. Rules of access should say who may read \`$SYS/brokers/#\`, as it names every client; do not let mosquitto-exporter: it makes a metric of
each topic. A program adds the hook \`Presence\`.
`;

/** The whole page. */
export function metricsPage(): string {
  return [
    HEAD,
    tableOf(OWN),
    COMQTT_2_HEAD,
    tableOf(COMQTT_2),
    ALIASES_HEAD,
    "### mosquitto\n",
    tableOf(ALIASES.mosquitto),
    "### emqx\n",
    tableOf(ALIASES.emqx),
    SYS,
  ].join("\n");
}

function tableOf(metrics: readonly Metric[]): string {
  const rows = metrics.map((metric) => {
    const { type, label, help } = metric;
    const labelled = label === undefined ? "" : `{${label}}`;
    return `| \`${sampleName(metric)}${labelled}\` | ${type === "unknown" ? "–" : type} | ${help} |`;
  });
  return `| name | type | what |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

if (import.meta.main) {
  await writeFile(page, metricsPage());
  process.stdout.write("docs/metrics.md\n");
}
