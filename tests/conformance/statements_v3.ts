import type { Statement } from "./statement.ts";

/**
 * The numbered normative statements of MQTT 3.1.1 (OASIS Standard, Appendix B).
 *
 * Two numbers are misprinted in the standard and have their regular form here:
 * "MQTT-3.1.2.7" is MQTT-3.1.2-7, and "MQTT-3-8.3-4" is MQTT-3.8.3-4. MQTT 3.1
 * has no numbered statements.
 */
export const statementsV3: readonly Statement[] = [
  // 1.5.3 UTF-8 encoded strings
  {
    id: "MQTT-1.5.3-1",
    says: "Strings are valid UTF-8 with no surrogate code points, and a " +
      "packet that carries anything else costs its sender the " +
      "connection.",
    server: true,
  },
  {
    id: "MQTT-1.5.3-2",
    says: "A string holds no U+0000, and a packet with one in it costs its " +
      "sender the connection.",
    server: true,
  },
  {
    id: "MQTT-1.5.3-3",
    says: "The bytes EF BB BF inside a string stand for U+FEFF at any " +
      "position, and a receiver keeps them as they came.",
    server: true,
  },
  // 2.2.2 Flags
  {
    id: "MQTT-2.2.2-1",
    says: "Each reserved flag bit in a fixed header has the one value the " +
      "flag table gives for that packet type.",
    server: true,
  },
  {
    id: "MQTT-2.2.2-2",
    says: "Fixed header flags with a value that is not allowed make the " +
      "receiver drop the connection.",
    server: true,
  },
  // 2.3.1 Packet Identifier
  {
    id: "MQTT-2.3.1-1",
    says: "A SUBSCRIBE, an UNSUBSCRIBE and a PUBLISH above QoS 0 carry a " +
      "16-bit Packet Identifier that is not zero.",
    server: true,
  },
  {
    id: "MQTT-2.3.1-2",
    says: "For every new packet that needs one, a client picks a Packet " +
      "Identifier it has not got in use.",
    server: false,
    why: "binds the client only: to a server a reused identifier looks like " +
      "a re-send of the earlier packet",
  },
  {
    id: "MQTT-2.3.1-3",
    says: "A client that sends a packet again keeps its Packet Identifier, " +
      "and frees it only once the final acknowledgement is in.",
    server: false,
    why: "binds the client only: to a server a re-send under another " +
      "identifier looks like a new packet",
  },
  {
    id: "MQTT-2.3.1-4",
    says: "A server sending PUBLISH above QoS 0 follows the same rules for " +
      "picking, keeping and freeing a Packet Identifier as a client " +
      "does.",
    server: true,
  },
  {
    id: "MQTT-2.3.1-5",
    says: "A QoS 0 PUBLISH has no Packet Identifier field.",
    server: true,
  },
  {
    id: "MQTT-2.3.1-6",
    says: "PUBACK, PUBREC and PUBREL repeat the Packet Identifier of the " +
      "PUBLISH that began the exchange.",
    server: true,
  },
  {
    id: "MQTT-2.3.1-7",
    says: "SUBACK and UNSUBACK repeat the Packet Identifier of the request " +
      "they answer.",
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
      "server treats it as a protocol violation and disconnects it.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-1",
    says: "A CONNECT with another protocol name is never handled by the " +
      "rules of MQTT 3.1.1; the server may disconnect or apply the rules " +
      "of another protocol.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-2",
    says: "A protocol level the server does not support gets CONNACK with " +
      "return code 1, and then the connection is closed.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-3",
    says: "The server checks the reserved bit of the connect flags and " +
      "disconnects a client that has set it.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-4",
    says: "With CleanSession 0 the server picks up the stored session of " +
      "that client identifier, or makes one if there is none, and keeps " +
      "it after the disconnection.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-5",
    says: "While the owner of a CleanSession 0 session is away, the server " +
      "stores the QoS 1 and QoS 2 messages that match its subscriptions.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-6",
    says: "With CleanSession 1 any earlier session is thrown away, the new " +
      "one ends with the connection, and none of its state turns up in a " +
      "later session.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-7",
    says: "Retained messages belong to no session, so the end of a session " +
      "deletes none of them.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-8",
    says: "The will of an accepted CONNECT is kept with the connection and " +
      "published when that closes, unless a DISCONNECT had it deleted " +
      "first.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-9",
    says: "With the Will Flag set, the payload of CONNECT has both a Will " +
      "Topic and a Will Message.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-10",
    says: "A will is out of the session state as soon as it has been " +
      "published or the client has sent DISCONNECT.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-11",
    says: "Without the Will Flag, Will QoS and Will Retain are zero and the " +
      "payload has neither Will Topic nor Will Message.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-12",
    says: "A connection opened without the Will Flag ends with no will being " +
      "published.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-13",
    says: "Will QoS is 0 when the Will Flag is not set.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-14",
    says: "Will QoS is 0, 1 or 2 when the Will Flag is set, and never 3.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-15",
    says: "Will Retain is 0 when the Will Flag is not set.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-16",
    says: "A will with Will Retain 0 goes out as an ordinary message that is " +
      "not retained.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-17",
    says: "A will with Will Retain 1 goes out as a retained message.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-18",
    says: "The payload has no user name when the User Name Flag is 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-19",
    says: "The payload has a user name when the User Name Flag is 1.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-20",
    says: "The payload has no password when the Password Flag is 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-21",
    says: "The payload has a password when the Password Flag is 1.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-22",
    says: "The Password Flag is 0 whenever the User Name Flag is 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-23",
    says: "A client with a non-zero Keep Alive and nothing else to say sends " +
      "PINGREQ before the interval runs out.",
    server: true,
  },
  {
    id: "MQTT-3.1.2-24",
    says: "With a non-zero Keep Alive, a client silent for one and a half " +
      "times that interval is cut off by the server as though the " +
      "network had broken.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-1",
    says: "The fields of the CONNECT payload come in this order: client " +
      "identifier, Will Topic, Will Message, user name, password.",
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
      "a unique one and then treats it as though the client had sent " +
      "that.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-7",
    says: "A client that sends an empty client identifier also sets " +
      "CleanSession to 1.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-8",
    says: "An empty client identifier with CleanSession 0 gets CONNACK with " +
      "return code 2, and then the connection is closed.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-9",
    says: "A client identifier the server refuses gets CONNACK with return " +
      "code 2, and then the connection is closed.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-10",
    says: "The Will Topic is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.1.3-11",
    says: "The user name is a valid UTF-8 encoded string.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-1",
    says: "The server checks that CONNECT has the format of section 3.1, and " +
      "if it has not, closes the connection with no CONNACK.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-2",
    says: "A CONNECT with the client identifier of a connected client makes " +
      "the server disconnect that older client.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-3",
    says: "For a valid CONNECT the server carries out what CleanSession asks " +
      "for.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-4",
    says: "The server answers a valid CONNECT with CONNACK and return code 0.",
    server: true,
  },
  {
    id: "MQTT-3.1.4-5",
    says: "Once it has refused a CONNECT, the server processes nothing the " +
      "client sent after it.",
    server: true,
  },
  // 3.2 CONNACK
  {
    id: "MQTT-3.2.0-1",
    says: "CONNACK comes before every other packet from the server.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-1",
    says: "An accepted CONNECT with CleanSession 1 gets a CONNACK with " +
      "Session Present 0 and return code 0.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-2",
    says: "An accepted CONNECT with CleanSession 0 gets Session Present 1 " +
      "when the server holds a session for that client identifier.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-3",
    says: "An accepted CONNECT for which the server holds no session gets " +
      "Session Present 0 and return code 0.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-4",
    says: "Session Present is 0 in every CONNACK whose return code is not 0.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-5",
    says: "After a CONNACK whose return code is not 0, the server closes the " +
      "connection.",
    server: true,
  },
  {
    id: "MQTT-3.2.2-6",
    says: "When no return code fits, the server closes the connection and " +
      "sends no CONNACK.",
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
    says: "The server sets DUP of an outgoing PUBLISH by whether it sends " +
      "that packet again, and never copies it from the incoming PUBLISH.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-4",
    says: "QoS 3 does not occur in a PUBLISH, and a receiver that meets it " +
      "closes the connection.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-5",
    says: "A PUBLISH with RETAIN 1 from a client is stored by the server, " +
      "with its QoS, for later subscribers to that topic.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-6",
    says: "A new subscription brings the subscriber the retained message of " +
      "each topic it matches.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-7",
    says: "A QoS 0 PUBLISH with RETAIN 1 ends the message retained for the " +
      "topic until then, whether or not the server keeps the new one.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-8",
    says: "A message sent because a subscription was just made has RETAIN 1.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-9",
    says: "A message sent to a subscription that was already there has " +
      "RETAIN 0, however it was published.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-10",
    says: "An empty PUBLISH with RETAIN 1 reaches the matching subscribers " +
      "and clears the retained message of its topic.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-11",
    says: "A message without payload is never kept as a retained message.",
    server: true,
  },
  {
    id: "MQTT-3.3.1-12",
    says: "A PUBLISH with RETAIN 0 is not retained and leaves the retained " +
      "message of its topic alone.",
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
      "filter of the subscription, by the matching rules of section 4.7.",
    server: true,
  },
  {
    id: "MQTT-3.3.4-1",
    says: "The QoS of a PUBLISH decides its answer: none at QoS 0, PUBACK at " +
      "QoS 1 and PUBREC at QoS 2.",
    server: true,
  },
  {
    id: "MQTT-3.3.5-1",
    says: "A client with several matching subscriptions gets the message at " +
      "the highest QoS they allow.",
    server: true,
  },
  {
    id: "MQTT-3.3.5-2",
    says: "A PUBLISH the client has no permission for is either acknowledged " +
      "as usual or answered by closing the connection.",
    server: true,
  },
  // 3.6 PUBREL
  {
    id: "MQTT-3.6.1-1",
    says: "The fixed header flags of PUBREL are 0010, and the server closes " +
      "the connection over any others.",
    server: true,
  },
  // 3.8 SUBSCRIBE
  {
    id: "MQTT-3.8.1-1",
    says: "The fixed header flags of SUBSCRIBE are 0010, and the server " +
      "closes the connection over any others.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-1",
    says: "The topic filters of a SUBSCRIBE are valid UTF-8 encoded strings.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-2",
    says: "A server without wildcard support turns down every subscription " +
      "whose filter has a wildcard.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-3",
    says: "A SUBSCRIBE names one filter with its QoS or more; one that names " +
      "none is a protocol violation.",
    server: true,
  },
  {
    id: "MQTT-3.8.3-4",
    says: "A SUBSCRIBE with a reserved bit set beside a requested QoS, or " +
      "with a QoS other than 0, 1 or 2, is malformed and ends the " +
      "connection.",
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
    says: "Subscribing again with the same filter replaces the earlier " +
      "subscription and repeats the retained messages, and the flow of " +
      "messages does not stop meanwhile.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-4",
    says: "Several filters in one SUBSCRIBE have the effect of one SUBSCRIBE " +
      "each, with all the results in a single SUBACK.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-5",
    says: "The SUBACK has one return code for each filter, and it tells the " +
      "QoS granted or that the subscription failed.",
    server: true,
  },
  {
    id: "MQTT-3.8.4-6",
    says: "A message goes to a subscription at the lower of the QoS it was " +
      "published with and the QoS granted.",
    server: true,
  },
  // 3.9 SUBACK
  {
    id: "MQTT-3.9.3-1",
    says: "The return codes of a SUBACK stand in the order of the filters in " +
      "the SUBSCRIBE.",
    server: true,
  },
  {
    id: "MQTT-3.9.3-2",
    says: "A SUBACK uses no return code but 0, 1, 2 and 128.",
    server: true,
  },
  // 3.10 UNSUBSCRIBE
  {
    id: "MQTT-3.10.1-1",
    says: "The fixed header flags of UNSUBSCRIBE are 0010, and the server " +
      "closes the connection over any others.",
    server: true,
  },
  {
    id: "MQTT-3.10.3-1",
    says: "The topic filters of an UNSUBSCRIBE are valid UTF-8 encoded " +
      "strings, one right after the other.",
    server: true,
  },
  {
    id: "MQTT-3.10.3-2",
    says: "An UNSUBSCRIBE names at least one filter; one that names none is " +
      "a protocol violation.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-1",
    says: "A filter in UNSUBSCRIBE removes just the subscription of this " +
      "client whose filter is the same, character for character.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-2",
    says: "Once a subscription is deleted, the server queues no new message " +
      "for the client because of it.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-3",
    says: "QoS 1 and QoS 2 deliveries that had begun before a subscription " +
      "was deleted are brought to their end.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-4",
    says: "The server answers UNSUBSCRIBE with an UNSUBACK that has the same " +
      "Packet Identifier.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-5",
    says: "UNSUBACK is sent even if the UNSUBSCRIBE removed nothing.",
    server: true,
  },
  {
    id: "MQTT-3.10.4-6",
    says: "Several filters in one UNSUBSCRIBE have the effect of one " +
      "UNSUBSCRIBE each, with a single UNSUBACK.",
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
    id: "MQTT-3.14.1-1",
    says: "The server checks the reserved flags of DISCONNECT and " +
      "disconnects a client that has set any.",
    server: true,
  },
  {
    id: "MQTT-3.14.4-1",
    says: "A client that has sent DISCONNECT closes the connection.",
    server: true,
  },
  {
    id: "MQTT-3.14.4-2",
    says: "A client that has sent DISCONNECT sends nothing after it on that " +
      "connection.",
    server: true,
  },
  {
    id: "MQTT-3.14.4-3",
    says: "On DISCONNECT the server throws the will of that connection away " +
      "and does not publish it.",
    server: true,
  },
  // 4.1 Storing state
  {
    id: "MQTT-4.1.0-1",
    says: "Client and server keep the session state for as long as the " +
      "session lasts.",
    server: true,
  },
  {
    id: "MQTT-4.1.0-2",
    says: "A session does not end before its network connection does.",
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
      "message, sends it first with DUP 0, and counts it as " +
      "unacknowledged until PUBACK is in.",
    server: true,
  },
  {
    id: "MQTT-4.3.2-2",
    says: "The receiver at QoS 1 takes the message and answers PUBACK with " +
      "its Packet Identifier, after which the same identifier means a " +
      "new message, whatever DUP says.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-1",
    says: "The sender at QoS 2 picks a free Packet Identifier, sends PUBLISH " +
      "with DUP 0, answers PUBREC with PUBREL, counts each as " +
      "unacknowledged until its reply is in, and never repeats the " +
      "PUBLISH after PUBREL.",
    server: true,
  },
  {
    id: "MQTT-4.3.3-2",
    says: "The receiver at QoS 2 answers every PUBLISH with that Packet " +
      "Identifier by PUBREC and passes the message on once only, until " +
      "PUBREL, which it answers with PUBCOMP; after that the identifier " +
      "means a new message.",
    server: true,
  },
  // 4.4 Message delivery retry
  {
    id: "MQTT-4.4.0-1",
    says: "When a client comes back with CleanSession 0, both sides send " +
      "their unacknowledged PUBLISH packets above QoS 0 and PUBREL " +
      "packets again, with the identifiers they had.",
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
  // The first four are written for the client; MQTT-4.6.0-6 applies them to a
  // server that delivers on an ordered topic.
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
    says: "Unless configured otherwise, the server treats every topic as an " +
      "ordered one.",
    server: true,
  },
  {
    id: "MQTT-4.6.0-6",
    says: "On an ordered topic the server follows the ordering rules towards " +
      "each subscriber, and what one client published there at one QoS " +
      "reaches consumers in the order it came in.",
    server: true,
  },
  // 4.7 Topic Names and Topic Filters
  {
    id: "MQTT-4.7.1-1",
    says: "Wildcards are for topic filters and never occur in a Topic Name.",
    server: true,
  },
  {
    id: "MQTT-4.7.1-2",
    says: "The wildcard # is the last character of a filter, and is alone in " +
      "it or follows a slash.",
    server: true,
  },
  {
    id: "MQTT-4.7.1-3",
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
  // 4.8 Handling errors
  {
    id: "MQTT-4.8.0-1",
    says: "A protocol violation closes the connection it came in on, unless " +
      "a rule says otherwise.",
    server: true,
  },
  {
    id: "MQTT-4.8.0-2",
    says: "A transient error while an incoming packet is processed closes " +
      "the connection that packet came in on.",
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
  // 7 Conformance
  {
    id: "MQTT-7.0.0-1",
    says: "A server that also opens connections to other servers conforms as " +
      "a client too.",
    server: true,
  },
  {
    id: "MQTT-7.0.0-2",
    says: "An implementation works with any other conformant one without " +
      "requiring extensions from outside the standard.",
    server: true,
  },
  {
    id: "MQTT-7.1.1-1",
    says: "A server supports at least one transport that carries an ordered " +
      "stream of bytes both ways without loss.",
    server: true,
  },
  {
    id: "MQTT-7.1.2-1",
    says: "A client supports at least one transport that carries an ordered " +
      "stream of bytes both ways without loss.",
    server: false,
    why: "binds the client only: what transports a client supports is " +
      "nothing a server can show; its own are MQTT-7.1.1-1",
  },
];
