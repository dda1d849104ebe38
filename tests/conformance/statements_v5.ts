import type { Statement } from "./statement.ts";

/**
 * The numbered normative statements of MQTT 5.0 (OASIS Standard, Appendix B).
 *
 * There is no MQTT-2.2.1-1, and sections 3.13, 4.10 and 4.11 and chapters 5 and
 * 7 have no numbers. The body of the standard prints MQTT-4.2.0-1 as
 * "MQTT-4.2-1" and the number MQTT-3.2.2-8 cut short.
 */
export const statementsV5: readonly Statement[] = [
  // 1.5 Data representation
  {
    id: "MQTT-1.5.4-1",
    says: "Strings are valid UTF-8 and hold no surrogate code points.",
    server: true,
  },
  {
    id: "MQTT-1.5.4-2",
    says: "A string holds no U+0000.",
    server: true,
  },
  {
    id: "MQTT-1.5.4-3",
    says: "The bytes EF BB BF inside a string stand for U+FEFF at any " +
      "position, and a receiver keeps them as they came.",
    server: true,
  },
  {
    id: "MQTT-1.5.5-1",
    says: "A Variable Byte Integer takes up no more bytes than its value " +
      "needs.",
    server: true,
  },
  {
    id: "MQTT-1.5.7-1",
    says: "The name and the value of a string pair are both valid UTF-8 " +
      "encoded strings.",
    server: true,
  },
  // 2.1.3 Flags
  {
    id: "MQTT-2.1.3-1",
    says: "Each reserved flag bit in a fixed header has the one value listed " +
      "for that packet type.",
    server: true,
  },
  // 2.2 Variable header; the numbering of 2.2.1 begins at 2
  {
    id: "MQTT-2.2.1-2",
    says: "A QoS 0 PUBLISH has no Packet Identifier field.",
    server: true,
  },
  {
    id: "MQTT-2.2.1-3",
    says: "For each new SUBSCRIBE, UNSUBSCRIBE and PUBLISH above QoS 0, a " +
      "client picks a Packet Identifier that is not zero and not in use.",
    server: true,
  },
  {
    id: "MQTT-2.2.1-4",
    says: "For each new PUBLISH above QoS 0, a server picks a Packet " +
      "Identifier that is not zero and not in use.",
    server: true,
  },
  {
    id: "MQTT-2.2.1-5",
    says: "PUBACK, PUBREC, PUBREL and PUBCOMP repeat the Packet Identifier " +
      "of the PUBLISH that began the exchange.",
    server: true,
  },
  {
    id: "MQTT-2.2.1-6",
    says: "SUBACK and UNSUBACK repeat the Packet Identifier of the request " +
      "they answer.",
    server: true,
  },
  {
    id: "MQTT-2.2.2-1",
    says: "A packet that could have properties and has none says so with a " +
      "Property Length of zero.",
    server: true,
  },
  // 3.1 CONNECT
  {
    id: "MQTT-3.1.0-1",
    says: "CONNECT is the first thing a client sends on a new connection.",
    server: true,
  },
  {
    id: "MQTT-3.1.0-2",
    says: "When a client sends CONNECT again on the same connection, the " +
      "server treats it as a Protocol Error and closes the connection.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-1",
    says: "The protocol name is MQTT, and a server that turns down another " +
      "name closes the connection, with a CONNACK 0x84 first if it wants " +
      "to be known as an MQTT server.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-2",
    says: "A server that turns down a protocol version other than 5 closes " +
      "the connection, with a CONNACK 0x84 first if it likes.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-3",
    says: "The server checks that the reserved bit of the connect flags is 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-4",
    says: "Clean Start 1 throws away any session there was and begins a new " +
      "one.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-5",
    says: "Clean Start 0 makes the server go on with the session it holds " +
      "for that client identifier.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-6",
    says: "Clean Start 0 with no session held for that client identifier " +
      "makes the server create one.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-7",
    says: "With the Will Flag set, the server stores the will and ties it to " +
      "the session.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-8",
    says: "After the connection closes, the will is published once its delay " +
      "is over or the session ends, whichever is first, unless " +
      "DISCONNECT 0x00 or a new connection within the delay took it " +
      "away.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-9",
    says: "With the Will Flag set, the payload of CONNECT has the Will " +
      "Properties, the Will Topic and the Will Payload.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-10",
    says: "A will is out of the session state as soon as it has been " +
      "published or the client has sent DISCONNECT 0x00.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-11",
    says: "Will QoS is 0 when the Will Flag is not set.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-12",
    says: "Will QoS is 0, 1 or 2 when the Will Flag is set.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-13",
    says: "Will Retain is 0 when the Will Flag is not set.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-14",
    says: "A will with Will Retain 0 goes out as an ordinary message that is " +
      "not retained.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-15",
    says: "A will with Will Retain 1 goes out as a retained message.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-16",
    says: "The payload has no user name when the User Name Flag is 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-17",
    says: "The payload has a user name when the User Name Flag is 1.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-18",
    says: "The payload has no password when the Password Flag is 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-19",
    says: "The payload has a password when the Password Flag is 1.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-20",
    says: "A client with a non-zero Keep Alive and nothing else to send " +
      "sends PINGREQ.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-21",
    says: "A Server Keep Alive in CONNACK takes the place of the Keep Alive " +
      "the client asked for.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-22",
    says: "With a non-zero Keep Alive, a client silent for one and a half " +
      "times that interval is cut off by the server as though the " +
      "network had broken.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-23",
    says: "With a Session Expiry Interval above 0, the session state is kept " +
      "when the connection closes.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-24",
    says: "The server sends a client no packet larger than the client's " +
      "Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-25",
    says: "A packet too large for the client is dropped unsent, and the " +
      "server goes on as if that message had been delivered in full.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-26",
    says: "The server uses no Topic Alias above the client's Topic Alias " +
      "Maximum.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-27",
    says: "The server uses no Topic Alias at all when the client's Topic " +
      "Alias Maximum is 0 or not given.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-28",
    says: "With Request Response Information 0, the CONNACK has no Response " +
      "Information.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-29",
    says: "With Request Problem Information 0, the server puts a Reason " +
      "String or User Properties on no packet but PUBLISH, CONNACK and " +
      "DISCONNECT.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-30",
    says: "A client that named an Authentication Method sends only AUTH and " +
      "DISCONNECT until it has the CONNACK.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-1",
    says: "The fields of the CONNECT payload come in this order: client " +
      "identifier, the will's properties, topic and payload, user name, " +
      "password.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-2",
    says: "Client and server know a session by its client identifier.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-3",
    says: "The CONNECT payload always has a client identifier, before any " +
      "other field.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-4",
    says: "The client identifier is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-5",
    says: "The server takes any client identifier of 1 to 23 bytes made of " +
      "ASCII letters and digits.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-6",
    says: "A server that accepts an empty client identifier gives the client " +
      "a unique one.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-7",
    says: "An assigned client identifier counts as if the client had sent " +
      "it, and the CONNACK tells it to the client.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-8",
    says: "A server that refuses a client identifier closes the connection, " +
      "after a CONNACK 0x85 if it sends one.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-9",
    says: "A connection that returns to the session within the Will Delay " +
      "Interval keeps the will from being sent.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-10",
    says: "The User Properties of a will keep their order when it is " +
      "published.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-11",
    says: "The Will Topic is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-12",
    says: "The user name is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-1",
    says: "The server checks that CONNECT has the format of section 3.1, and " +
      "closes the connection if it has not.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-2",
    says: "A CONNECT that fails a further check of the server, such as " +
      "authentication or authorization, ends with the connection closed.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-3",
    says: "A CONNECT with the client identifier of a connected client makes " +
      "the server send that older client DISCONNECT 0x8E and close its " +
      "connection.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-4",
    says: "The server carries out what Clean Start asks for.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-5",
    says: "The server answers a CONNECT it accepts with CONNACK 0x00.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-6",
    says: "Once it has refused a CONNECT, the server processes nothing the " +
      "client sent after it, AUTH excepted.",
    server: true,
  },
  // 3.2 CONNACK
  {
    id: "MQTT-3.2.0-1",
    says: "Until it has sent CONNACK 0x00, the server sends nothing else but " +
      "AUTH.",
    server: true,
  },
  {
    id: "MQTT-3.2.0-2",
    says: "A connection gets one CONNACK at most.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-1",
    says: "Bits 7 to 1 of the connect acknowledge flags are 0.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-2",
    says: "An accepted CONNECT with Clean Start 1 gets a CONNACK 0x00 with " +
      "Session Present 0.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-3",
    says: "An accepted CONNECT with Clean Start 0 gets a CONNACK 0x00 whose " +
      "Session Present is 1 if the server holds a session for the client " +
      "identifier, and 0 if not.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-4",
    says: "A client that has no session state and is told Session Present 1 " +
      "closes the connection.",
    server: false,
    why: "binds the client only: a server cannot observe what session state " +
      "a client holds",
  },
  {
    id: "MQTT-3.2.2-5",
    says: "A client that has session state and is told Session Present 0 " +
      "drops that state if it stays connected.",
    server: false,
    why: "binds the client only: a server cannot observe what session state " +
      "a client holds",
  },
  {
    id: "MQTT-3.2.2-6",
    says: "Session Present is 0 in every CONNACK whose Reason Code is not 0.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-7",
    says: "After a CONNACK with a Reason Code of 0x80 or above, the server " +
      "closes the connection.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-8",
    says: "The Reason Code of a CONNACK is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-9",
    says: "A server that cannot take PUBLISH at QoS 1 or QoS 2 announces the " +
      "highest it takes as Maximum QoS in CONNACK.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-10",
    says: "A server that cannot take PUBLISH at QoS 1 or QoS 2 still accepts " +
      "a SUBSCRIBE that asks for any QoS.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-11",
    says: "A client publishes at no QoS above the Maximum QoS it was told.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-12",
    says: "A CONNECT whose Will QoS is more than the server can do is " +
      "refused, best with CONNACK 0x9B, and the connection closed.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-13",
    says: "A CONNECT with Will Retain 1 is refused by a server without " +
      "retained messages, best with CONNACK 0x9A, and the connection " +
      "closed.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-14",
    says: "A client that was told Retain Available 0 publishes nothing with " +
      "RETAIN 1.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-15",
    says: "A client sends the server no packet larger than the server's " +
      "Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-16",
    says: "A client that connects with an empty identifier gets an Assigned " +
      "Client Identifier that no session on the server has at the time.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-17",
    says: "A client uses no Topic Alias above the server's Topic Alias " +
      "Maximum.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-18",
    says: "A client uses no Topic Alias at all when the server gave no Topic " +
      "Alias Maximum.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-19",
    says: "CONNACK goes without its Reason String if that would make it " +
      "larger than the client's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-20",
    says: "CONNACK goes without User Properties that would make it larger " +
      "than the client's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-21",
    says: "A client given a Server Keep Alive works to that and not to the " +
      "value in its own CONNECT.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-22",
    says: "A server that sends no Server Keep Alive holds the client to the " +
      "Keep Alive of its CONNECT.",
    server: true,
  },
  // 3.3 PUBLISH
  {
    id: "MQTT-3.3.1-1",
    says: "A PUBLISH that is delivered once more has DUP 1, whether a client " +
      "or a server sends it.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-2",
    says: "DUP is 0 in every QoS 0 PUBLISH.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-3",
    says: "DUP of an outgoing PUBLISH tells only whether that packet is sent " +
      "again, whatever DUP was in the incoming one.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-4",
    says: "QoS 3 does not occur in a PUBLISH.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-5",
    says: "A PUBLISH with RETAIN 1 from a client is stored by the server in " +
      "place of any message retained for its topic.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-6",
    says: "A PUBLISH with RETAIN 1 and no payload is processed as usual and " +
      "clears the retained message of its topic.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-7",
    says: "A message without payload is never kept as a retained message.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-8",
    says: "A PUBLISH with RETAIN 0 is not retained and leaves the retained " +
      "message of its topic alone.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-9",
    says: "Retain Handling 0 brings the subscriber the retained messages " +
      "that match its filter.",
    server: true,
  },
  // The appendix has the two cases of 3.3.1-10 the wrong way round; this is
  // what section 3.3.1.3 says.
  {
    id: "MQTT-3.3.1-10",
    says: "Retain Handling 1 brings the subscriber the matching retained " +
      "messages when the subscription is new, and none when it was " +
      "already there.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-11",
    says: "Retain Handling 2 brings the subscriber no retained messages.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-12",
    says: "With Retain As Published 0, forwarded messages have RETAIN 0, " +
      "however they were published.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-13",
    says: "With Retain As Published 1, forwarded messages have the RETAIN " +
      "they were published with.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-1",
    says: "A PUBLISH begins its variable header with the Topic Name, which " +
      "is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-2",
    says: "The Topic Name of a PUBLISH has no wildcard in it.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-3",
    says: "The Topic Name of a PUBLISH sent to a subscriber matches the " +
      "filter of the subscription.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-4",
    says: "Every subscriber gets the Payload Format Indicator as it was " +
      "published.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-5",
    says: "A subscriber's copy of a message whose Message Expiry Interval " +
      "ran out before its delivery began is deleted.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-6",
    says: "A message goes to a subscriber with its Message Expiry Interval " +
      "reduced by the time it spent in the server.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-7",
    says: "A Topic Alias means nothing on any connection but the one it was " +
      "set on.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-8",
    says: "No PUBLISH has a Topic Alias of 0.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-9",
    says: "A client sends no PUBLISH with a Topic Alias above the maximum of " +
      "the server's CONNACK.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-10",
    says: "A client takes every Topic Alias from 1 to the maximum it gave in " +
      "CONNECT.",
    server: false,
    why: "binds the client only: a server cannot observe what a client " +
      "makes of an alias",
  },
  {
    id: "MQTT-3.3.2-11",
    says: "A server sends no PUBLISH with a Topic Alias above the maximum of " +
      "the client's CONNECT.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-12",
    says: "A server takes every Topic Alias from 1 to the maximum it gave in " +
      "CONNACK.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-13",
    says: "The Response Topic is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-14",
    says: "The Response Topic has no wildcard in it.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-15",
    says: "Every subscriber gets the Response Topic as it was published.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-16",
    says: "Every subscriber gets the Correlation Data as they were published.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-17",
    says: "A forwarded message has all the User Properties it was published " +
      "with, unchanged.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-18",
    says: "User Properties keep their order when a message is forwarded.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-19",
    says: "The Content Type is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.3.2-20",
    says: "Every subscriber gets the Content Type as it was published.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-1",
    says: "The QoS of a PUBLISH decides its answer: none at QoS 0, PUBACK at " +
      "QoS 1 and PUBREC at QoS 2.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-2",
    says: "A client with several matching subscriptions gets the message at " +
      "the highest QoS they allow.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-3",
    says: "A message sent because of overlapping subscriptions carries the " +
      "Subscription Identifiers these were given.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-4",
    says: "Where a single copy serves several subscriptions, it carries the " +
      "Subscription Identifiers of all of them that have one, in any " +
      "order.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-5",
    says: "Where each subscription gets its own copy, that copy carries the " +
      "Subscription Identifier of that subscription, if it has one.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-6",
    says: "A PUBLISH from a client carries no Subscription Identifier.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-7",
    says: "A client has no more QoS 1 and QoS 2 PUBLISH packets open than " +
      "the server's Receive Maximum, each of them open until PUBACK, " +
      "PUBCOMP or a PUBREC of 0x80 or above.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-8",
    says: "A client that has used up the server's Receive Maximum still " +
      "sends its other packets without delay.",
    server: false,
    why: "binds the client only: a server cannot observe a packet that a " +
      "client has put off",
  },
  {
    id: "MQTT-3.3.4-9",
    says: "A server has no more QoS 1 and QoS 2 PUBLISH packets open than " +
      "the client's Receive Maximum, each of them open until PUBACK, " +
      "PUBCOMP or a PUBREC of 0x80 or above.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-10",
    says: "A server that has used up the client's Receive Maximum still " +
      "sends its other packets without delay.",
    server: true,
  },
  // 3.4 PUBACK
  {
    id: "MQTT-3.4.2-1",
    says: "The Reason Code of a PUBACK is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.4.2-2",
    says: "PUBACK goes without its Reason String if that would make it " +
      "larger than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.4.2-3",
    says: "PUBACK goes without User Properties that would make it larger " +
      "than the receiver's Maximum Packet Size.",
    server: true,
  },
  // 3.5 PUBREC
  {
    id: "MQTT-3.5.2-1",
    says: "The Reason Code of a PUBREC is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.5.2-2",
    says: "PUBREC goes without its Reason String if that would make it " +
      "larger than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.5.2-3",
    says: "PUBREC goes without User Properties that would make it larger " +
      "than the receiver's Maximum Packet Size.",
    server: true,
  },
  // 3.6 PUBREL
  {
    id: "MQTT-3.6.1-1",
    says: "The fixed header flags of PUBREL are 0010, and the server closes " +
      "the connection over any others as malformed.",
    server: true,
  },
  {
    id: "MQTT-3.6.2-1",
    says: "The Reason Code of a PUBREL is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.6.2-2",
    says: "PUBREL goes without its Reason String if that would make it " +
      "larger than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.6.2-3",
    says: "PUBREL goes without User Properties that would make it larger " +
      "than the receiver's Maximum Packet Size.",
    server: true,
  },
  // 3.7 PUBCOMP
  {
    id: "MQTT-3.7.2-1",
    says: "The Reason Code of a PUBCOMP is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.7.2-2",
    says: "PUBCOMP goes without its Reason String if that would make it " +
      "larger than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.7.2-3",
    says: "PUBCOMP goes without User Properties that would make it larger " +
      "than the receiver's Maximum Packet Size.",
    server: true,
  },
  // 3.8 SUBSCRIBE
  {
    id: "MQTT-3.8.1-1",
    says: "The fixed header flags of SUBSCRIBE are 0010, and the server " +
      "closes the connection over any others as malformed.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-1",
    says: "The topic filters of a SUBSCRIBE are valid UTF-8 encoded strings.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-2",
    says: "A SUBSCRIBE names one filter with its options or more.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-3",
    says: "With No Local 1, a message does not go back to a connection with " +
      "the client identifier that published it.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-4",
    says: "No Local 1 on a shared subscription is a Protocol Error.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-5",
    says: "A SUBSCRIBE with a reserved bit set in its payload is malformed " +
      "to the server.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-1",
    says: "The server answers each SUBSCRIBE with a SUBACK.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-2",
    says: "The SUBACK has the Packet Identifier of its SUBSCRIBE.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-3",
    says: "Subscribing again with the filter of a subscription of the " +
      "session that is not shared replaces that subscription.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-4",
    says: "Replacing a subscription loses no message, and with Retain " +
      "Handling 0 it brings the matching retained messages again.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-5",
    says: "Several filters in one SUBSCRIBE have the effect of one SUBSCRIBE " +
      "each, with all the results in a single SUBACK.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-6",
    says: "The SUBACK has one Reason Code for each filter of the SUBSCRIBE.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-7",
    says: "Each Reason Code of a SUBACK tells the QoS granted or that the " +
      "subscription failed.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-8",
    says: "A message goes to a subscription at the lower of the QoS it was " +
      "published with and the QoS granted.",
    server: true,
  },
  // 3.9 SUBACK
  {
    id: "MQTT-3.9.2-1",
    says: "SUBACK goes without its Reason String if that would make it " +
      "larger than the client's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.9.2-2",
    says: "SUBACK goes without User Properties that would make it larger " +
      "than the client's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.9.3-1",
    says: "The Reason Codes of a SUBACK stand in the order of the filters in " +
      "the SUBSCRIBE.",
    server: true,
  },
  {
    id: "MQTT-3.9.3-2",
    says: "Every Reason Code of a SUBACK is one of those defined for it.",
    server: true,
  },
  // 3.10 UNSUBSCRIBE
  {
    id: "MQTT-3.10.1-1",
    says: "The fixed header flags of UNSUBSCRIBE are 0010, and the server " +
      "closes the connection over any others as malformed.",
    server: true,
  },
  {
    id: "MQTT-3.10.3-1",
    says: "The topic filters of an UNSUBSCRIBE are valid UTF-8 encoded " +
      "strings.",
    server: true,
  },
  {
    id: "MQTT-3.10.3-2",
    says: "An UNSUBSCRIBE names at least one filter.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-1",
    says: "A filter in UNSUBSCRIBE deletes the subscription of this client " +
      "whose filter is the same, character for character.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-2",
    says: "From the UNSUBSCRIBE on, the server queues no new message for the " +
      "client because of the filters in it.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-3",
    says: "QoS 1 and QoS 2 deliveries that had begun before an UNSUBSCRIBE " +
      "for their filter are brought to their end.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-4",
    says: "The server answers UNSUBSCRIBE with an UNSUBACK.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-5",
    says: "The UNSUBACK has the Packet Identifier of its UNSUBSCRIBE, and is " +
      "sent even if nothing was deleted.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-6",
    says: "Several filters in one UNSUBSCRIBE have the effect of one " +
      "UNSUBSCRIBE each, with a single UNSUBACK.",
    server: true,
  },
  // 3.11 UNSUBACK
  {
    id: "MQTT-3.11.2-1",
    says: "UNSUBACK goes without its Reason String if that would make it " +
      "larger than the client's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.11.2-2",
    says: "UNSUBACK goes without User Properties that would make it larger " +
      "than the client's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.11.3-1",
    says: "The Reason Codes of an UNSUBACK stand in the order of the filters " +
      "in the UNSUBSCRIBE.",
    server: true,
  },
  {
    id: "MQTT-3.11.3-2",
    says: "Every Reason Code of an UNSUBACK is one of those defined for it, " +
      "with one for each filter.",
    server: true,
  },
  // 3.12 PINGREQ
  {
    id: "MQTT-3.12.4-1",
    says: "The server answers PINGREQ with PINGRESP.",
    server: true,
  },
  // 3.14 DISCONNECT
  {
    id: "MQTT-3.14.0-1",
    says: "The server sends no DISCONNECT unless it has sent a CONNACK with " +
      "a Reason Code below 0x80.",
    server: true,
  },
  {
    id: "MQTT-3.14.1-1",
    says: "A receiver checks the reserved flags of DISCONNECT and answers " +
      "any that are set with DISCONNECT 0x81.",
    server: true,
  },
  {
    id: "MQTT-3.14.2-1",
    says: "The Reason Code of a DISCONNECT is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.14.2-2",
    says: "A DISCONNECT from the server has no Session Expiry Interval.",
    server: true,
  },
  {
    id: "MQTT-3.14.2-3",
    says: "DISCONNECT goes without its Reason String if that would make it " +
      "larger than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.14.2-4",
    says: "DISCONNECT goes without User Properties that would make it larger " +
      "than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.14.4-1",
    says: "Whoever has sent DISCONNECT sends nothing after it on that " +
      "connection.",
    server: true,
  },
  {
    id: "MQTT-3.14.4-2",
    says: "Whoever has sent DISCONNECT closes the connection.",
    server: true,
  },
  {
    id: "MQTT-3.14.4-3",
    says: "On DISCONNECT 0x00 the server throws the will of that connection " +
      "away and does not publish it.",
    server: true,
  },
  // 3.15 AUTH
  {
    id: "MQTT-3.15.1-1",
    says: "The fixed header flags of AUTH are all 0, and a receiver closes " +
      "the connection over any others as malformed.",
    server: true,
  },
  {
    id: "MQTT-3.15.2-1",
    says: "The Reason Code of an AUTH is one of those defined for it.",
    server: true,
  },
  {
    id: "MQTT-3.15.2-2",
    says: "AUTH goes without its Reason String if that would make it larger " +
      "than the receiver's Maximum Packet Size.",
    server: true,
  },
  {
    id: "MQTT-3.15.2-3",
    says: "AUTH goes without User Properties that would make it larger than " +
      "the receiver's Maximum Packet Size.",
    server: true,
  },
  // 4.1 Session State
  {
    id: "MQTT-4.1.0-1",
    says: "Client and server keep the session state while the connection is " +
      "open.",
    server: true,
  },
  {
    id: "MQTT-4.1.0-2",
    says: "The server discards the session state once the connection is " +
      "closed and the Session Expiry Interval is over.",
    server: true,
  },
  // 4.2 Network Connections
  {
    id: "MQTT-4.2.0-1",
    says: "Client and server each support at least one transport that " +
      "carries an ordered stream of bytes both ways without loss.",
    server: true,
  },
  // 4.3 Quality of Service levels and protocol flows
  {
    id: "MQTT-4.3.1-1",
    says: "A QoS 0 delivery is one PUBLISH with QoS 0 and DUP 0.",
    server: true,
  },
  {
    id: "MQTT-4.3.2-1",
    says: "The sender at QoS 1 picks a free Packet Identifier for each new " +
      "message.",
    server: true,
  },
  {
    id: "MQTT-4.3.2-2",
    says: "The sender at QoS 1 first sends a new message as a PUBLISH with " +
      "QoS 1, DUP 0 and the identifier picked for it.",
    server: true,
  },
  {
    id: "MQTT-4.3.2-3",
    says: "The sender at QoS 1 counts the PUBLISH as unacknowledged until " +
      "its PUBACK is in.",
    server: true,
  },
  {
    id: "MQTT-4.3.2-4",
    says: "The receiver at QoS 1 answers PUBACK with the same Packet " +
      "Identifier when it has taken the message over.",
    server: true,
  },
  {
    id: "MQTT-4.3.2-5",
    says: "After PUBACK, a PUBLISH with the same Packet Identifier is a new " +
      "message to the receiver, whatever DUP says.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-1",
    says: "The sender at QoS 2 picks a free Packet Identifier for each new " +
      "message.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-2",
    says: "The sender at QoS 2 first sends a new message as a PUBLISH with " +
      "QoS 2, DUP 0 and the identifier picked for it.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-3",
    says: "The sender at QoS 2 counts the PUBLISH as unacknowledged until " +
      "its PUBREC is in.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-4",
    says: "The sender at QoS 2 answers a PUBREC below 0x80 with a PUBREL of " +
      "the same Packet Identifier.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-5",
    says: "The sender at QoS 2 counts the PUBREL as unacknowledged until its " +
      "PUBCOMP is in.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-6",
    says: "The sender at QoS 2 does not repeat the PUBLISH after it has sent " +
      "the PUBREL.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-7",
    says: "The sender at QoS 2 does not let a message expire once its " +
      "PUBLISH has been sent.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-8",
    says: "The receiver at QoS 2 answers PUBREC with the same Packet " +
      "Identifier when it has taken the message over.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-9",
    says: "After a PUBREC of 0x80 or above, a PUBLISH with the same Packet " +
      "Identifier is a new message to the receiver.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-10",
    says: "Until PUBREL is in, the receiver at QoS 2 answers every PUBLISH " +
      "with the same Packet Identifier by PUBREC and passes the message " +
      "on once only.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-11",
    says: "The receiver at QoS 2 answers PUBREL with a PUBCOMP of the same " +
      "Packet Identifier.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-12",
    says: "After PUBCOMP, a PUBLISH with the same Packet Identifier is a new " +
      "message to the receiver.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-13",
    says: "The receiver at QoS 2 completes the exchange even for a message " +
      "that has expired.",
    server: true,
  },
  // 4.4 Message delivery retry
  {
    id: "MQTT-4.4.0-1",
    says: "When a client comes back to its session with Clean Start 0, both " +
      "sides send their unacknowledged PUBLISH packets above QoS 0 and " +
      "PUBREL packets again, with the identifiers they had, and they do " +
      "so at no other time.",
    server: true,
  },
  {
    id: "MQTT-4.4.0-2",
    says: "A PUBACK or PUBREC of 0x80 or above acknowledges the PUBLISH, " +
      "which is then not sent again.",
    server: true,
  },
  // 4.5 Message receipt
  {
    id: "MQTT-4.5.0-1",
    says: "A message the server has accepted enters the session state of " +
      "every client with a subscription that matches.",
    server: true,
  },
  {
    id: "MQTT-4.5.0-2",
    says: "A client acknowledges each PUBLISH as its QoS demands, even if it " +
      "does nothing with the message.",
    server: false,
    why: "binds the client only: a server cannot tell an acknowledgement " +
      "that is withheld from one still to come",
  },
  // 4.6 Message ordering
  // The first four are written for the client; section 4.6 adds MQTT-4.6.0-5 to
  // them for a server that delivers on an ordered topic.
  {
    id: "MQTT-4.6.0-1",
    says: "PUBLISH packets that are sent again go out in the order of their " +
      "first sending.",
    server: true,
  },
  {
    id: "MQTT-4.6.0-2",
    says: "PUBACK packets go out in the order in which the QoS 1 PUBLISH " +
      "packets came in.",
    server: true,
  },
  {
    id: "MQTT-4.6.0-3",
    says: "PUBREC packets go out in the order in which the QoS 2 PUBLISH " +
      "packets came in.",
    server: true,
  },
  {
    id: "MQTT-4.6.0-4",
    says: "PUBREL packets go out in the order in which the PUBREC packets " +
      "came in.",
    server: true,
  },
  {
    id: "MQTT-4.6.0-5",
    says: "What one client publishes on an ordered topic at one QoS goes out " +
      "to consumers in the order it came in.",
    server: true,
  },
  {
    id: "MQTT-4.6.0-6",
    says: "Unless configured otherwise, the server treats every topic as an " +
      "ordered one towards subscriptions that are not shared.",
    server: true,
  },
  // 4.7 Topic Names and Topic Filters
  {
    id: "MQTT-4.7.0-1",
    says: "Wildcards are for topic filters and never occur in a Topic Name.",
    server: true,
  },
  {
    id: "MQTT-4.7.1-1",
    says: "The wildcard # is the last character of a filter, and is alone in " +
      "it or follows a slash.",
    server: true,
  },
  {
    id: "MQTT-4.7.1-2",
    says: "The wildcard + takes up a whole level of the filter, which may be " +
      "any level.",
    server: true,
  },
  {
    id: "MQTT-4.7.2-1",
    says: "A filter that begins with a wildcard matches no Topic Name that " +
      "begins with a dollar sign.",
    server: true,
  },
  {
    id: "MQTT-4.7.3-1",
    says: "Topic names and topic filters are never empty.",
    server: true,
  },
  {
    id: "MQTT-4.7.3-2",
    says: "Topic names and topic filters hold no U+0000.",
    server: true,
  },
  {
    id: "MQTT-4.7.3-3",
    says: "Topic names and topic filters take up 65535 bytes of UTF-8 at most.",
    server: true,
  },
  {
    id: "MQTT-4.7.3-4",
    says: "The server matches names and filters as they are: it normalizes " +
      "nothing and substitutes no character it does not know.",
    server: true,
  },
  // 4.8 Subscriptions
  {
    id: "MQTT-4.8.2-1",
    says: "The filter of a shared subscription begins with $share/ and names " +
      "a share of at least one character.",
    server: true,
  },
  {
    id: "MQTT-4.8.2-2",
    says: "The share name has no slash and no wildcard in it, and a slash " +
      "and a topic filter follow it.",
    server: true,
  },
  {
    id: "MQTT-4.8.2-3",
    says: "A message that goes to a member of a share goes at the QoS " +
      "granted to that member.",
    server: true,
  },
  {
    id: "MQTT-4.8.2-4",
    says: "A QoS 2 delivery to a member of a share that a lost connection " +
      "broke off is completed when that client is back.",
    server: true,
  },
  {
    id: "MQTT-4.8.2-5",
    says: "A QoS 2 message sent to a member of a share goes to no other " +
      "member, even if the session of the first ends before the delivery " +
      "is completed.",
    server: true,
  },
  {
    id: "MQTT-4.8.2-6",
    says: "A message that a member of a share answers with a PUBACK or " +
      "PUBREC of 0x80 or above is dropped and offered to no other " +
      "member.",
    server: true,
  },
  // 4.9 Flow Control
  {
    id: "MQTT-4.9.0-1",
    says: "The send quota begins above 0 and not above the Receive Maximum.",
    server: true,
  },
  {
    id: "MQTT-4.9.0-2",
    says: "Each PUBLISH above QoS 0 takes one from the send quota, and at 0 " +
      "no further one is sent.",
    server: true,
  },
  {
    id: "MQTT-4.9.0-3",
    says: "At a send quota of 0, all other packets are still processed and " +
      "answered.",
    server: true,
  },
  // 4.12 Enhanced authentication
  {
    id: "MQTT-4.12.0-1",
    says: "A server that does not support the client's Authentication Method " +
      "closes the connection, after a CONNACK 0x8C or 0x87 if it sends " +
      "one.",
    server: true,
  },
  {
    id: "MQTT-4.12.0-2",
    says: "An AUTH in which the server asks for more data has Reason Code " +
      "0x18.",
    server: true,
  },
  {
    id: "MQTT-4.12.0-3",
    says: "An AUTH in which the client answers one from the server has " +
      "Reason Code 0x18.",
    server: true,
  },
  {
    id: "MQTT-4.12.0-4",
    says: "A server that ends the authentication as failed closes the " +
      "connection, after a CONNACK of 0x80 or above if it sends one.",
    server: true,
  },
  {
    id: "MQTT-4.12.0-5",
    says: "If CONNECT named an Authentication Method, every AUTH and the " +
      "CONNACK of success name the same one.",
    server: true,
  },
  {
    id: "MQTT-4.12.0-6",
    says: "If CONNECT named no Authentication Method, the server sends no " +
      "AUTH and names no method in CONNACK.",
    server: true,
  },
  {
    id: "MQTT-4.12.0-7",
    says: "If CONNECT named no Authentication Method, the client sends no " +
      "AUTH.",
    server: true,
  },
  {
    id: "MQTT-4.12.1-1",
    says: "A client that authenticates again names the Authentication Method " +
      "the connection was authenticated with.",
    server: true,
  },
  {
    id: "MQTT-4.12.1-2",
    says: "When authenticating again fails, the connection is closed, best " +
      "after a DISCONNECT that tells why.",
    server: true,
  },
  // 4.13 Handling errors
  {
    id: "MQTT-4.13.1-1",
    says: "A Malformed Packet or Protocol Error for which there is a Reason " +
      "Code makes the server close the connection.",
    server: true,
  },
  {
    id: "MQTT-4.13.2-1",
    says: "A Reason Code of 0x80 or above for CONNACK or DISCONNECT means " +
      "the connection is closed, even if that packet is never sent.",
    server: true,
  },
  // 6 Using WebSocket as a network transport
  {
    id: "MQTT-6.0.0-1",
    says: "Over WebSocket, packets travel in binary data frames, and a " +
      "receiver closes the connection over data frames of any other " +
      "kind.",
    server: true,
  },
  {
    id: "MQTT-6.0.0-2",
    says: "A WebSocket frame may hold several packets or a part of one, so a " +
      "receiver does not expect packets to begin and end with frames.",
    server: true,
  },
  {
    id: "MQTT-6.0.0-3",
    says: "A client offers the WebSocket subprotocol mqtt.",
    server: true,
  },
  {
    id: "MQTT-6.0.0-4",
    says: "The WebSocket subprotocol the server selects is mqtt.",
    server: true,
  },
];
