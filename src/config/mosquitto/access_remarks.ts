/** What is to be known of the lines of a mosquitto.conf that say who may come in and what they may do. */

import { type Access, accessOf, letsAnybodyIn, namesByCertificate, securityOf } from "./access.ts";
import { isDynamicSecurity } from "./access_doors.ts";
import type { Conf, ConfListener, Remark } from "./conf.ts";
import { type Line, truthOf } from "./lines.ts";

const texts: Readonly<Record<string, string>> = {
  psk_file: "NOT THERE: there are no pre-shared keys",
  plugin: "NOT THERE: a plug-in of mosquitto can't be loaded here",
  auth_plugin: "NOT THERE: a plug-in of mosquitto can't be loaded here",
  auth_plugin_deny_special_chars: "it belongs to a plug-in",
  auto_id_prefix: "ids the broker gives begin with auto-",
};

/** (Those of all listeners are told once: by the one that asks first.) */
export function accessRemarks(conf: Conf, { security }: ConfListener): Remark[] {
  const lines = conf.perListener ? security : conf.listeners[0]?.security === security ? conf.security : null;
  if (lines === null) return [];
  const access = accessOf(conf);
  const dynamic = lines.all("plugin").some(isDynamicSecurity);
  return lines.every.flatMap((line) => {
    if (line.word === "password_file") return ofPasswords(conf, access, line);
    if (line.word === "acl_file") return ofRules(conf, access, line);
    if (line.word === "plugin" && isDynamicSecurity(line)) {
      return [{
        line,
        text: 'its users and rules: "comqtt users import FILE", then "auth: [{ store: true }]"',
      }];
    }
    if (dynamic && line.word === "plugin_opt_config_file") {
      return [{ line, text: `comqtt users import ${line.rest}` }];
    }
    if (Object.hasOwn(texts, line.word)) return [{ line, text: texts[line.word]! }];
    if (/^(?:plugin|auth)_opt_/.test(line.word)) return [{ line, text: "it belongs to a plug-in" }];
    if (line.word !== "allow_zero_length_clientid" || truthOf(line) !== false) return [];
    return [{ line, text: "a client without an id is given one here, as the standard says" }];
  });
}

function ofPasswords(conf: Conf, { passwords, anonymous }: Access, line: Line): Remark[] {
  if (line.rest !== passwords?.rest) {
    const text = conf.listeners.every(namesByCertificate)
      ? "not needed: who has a certificate is asked for no password"
      : "NOT TAKEN OVER: one file of users is for all listeners here";
    return [{ line, text }];
  }
  const others = conf.listeners.some((listener) =>
    securityOf(conf, listener).get("password_file") === undefined || namesByCertificate(listener) ||
    letsAnybodyIn(conf, listener) !== anonymous
  );
  if (!anonymous) {
    return others
      ? [{ line, text: "STRICTER: on all listeners, clients without a password are refused" }]
      : [];
  }
  const remarks = [{
    line,
    text: "who says a name that is not in it comes in as well, but without that name",
  }];
  return others
    ? [...remarks, { line, text: "STRICTER: on all listeners, a name that is in it needs its password" }]
    : remarks;
}

function ofRules(conf: Conf, { acl }: Access, line: Line): Remark[] {
  if (line.rest !== acl?.rest) {
    return [{ line, text: "NOT TAKEN OVER: one file of rules is for all listeners here" }];
  }
  const others = conf.listeners.some((one) => securityOf(conf, one).get("acl_file") === undefined);
  return others ? [{ line, text: "STRICTER: on all listeners, topics are as its rules say" }] : [];
}
