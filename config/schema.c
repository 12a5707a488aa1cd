/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define SEC    INT64_C(1000)
#define MINUTE (60 * SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Where a value lives: in the settings, in an input, in a list, in a source. */
#define GLOBAL(member)   offsetof(struct settings, member), sizeof(((struct settings *)0)->member)
#define INPUT(member)    offsetof(struct input_settings, member), sizeof(((struct input_settings *)0)->member)
#define LIST(member)     offsetof(struct list_settings, member), sizeof(((struct list_settings *)0)->member)
#define SOURCE(member)   offsetof(struct source_settings, member), sizeof(((struct source_settings *)0)->member)
#define WINDOW(member)   offsetof(struct maintenance_settings, member), sizeof(((struct maintenance_settings *)0)->member)
#define INPUT_AT(member) offsetof(struct input_settings, member)
#define PLACE(member)    offsetof(struct settings, member)

enum {
    UDP = 1 << INPUT_UDP,
    TCP = 1 << INPUT_TCP,
    UNIX = 1 << INPUT_UNIX,
    FILES = 1 << INPUT_FILE,
    STDIN = 1 << INPUT_STDIN,
    KAFKA = 1 << INPUT_KAFKA,
    RELP = 1 << INPUT_RELP,

    TEXT_MAX = 255,
    PATH_LENGTH_MAX = 4095,
    LIST_MAX = 64,
    VALUES_MAX = 4096,
    PEERS_MAX = 1024,
};

// clang-format off
static const struct setting_word input_types[] = {
    {"udp", INPUT_UDP}, {"tcp", INPUT_TCP}, {"unix", INPUT_UNIX}, {"file", INPUT_FILE}, {"stdin", INPUT_STDIN},
    {"kafka", INPUT_KAFKA}, {"relp", INPUT_RELP}, {NULL, 0},
};
static const struct setting_word framings[] = {
    {"auto", FRAMING_AUTO}, {"lf", FRAMING_LF}, {"octet", FRAMING_OCTET}, {"nul", FRAMING_NUL}, {NULL, 0},
};
static const struct setting_word formats[] = {
    {"auto", FORMAT_AUTO}, {"syslog", FORMAT_SYSLOG}, {"json", FORMAT_JSON}, {NULL, 0},
};
static const struct setting_word tls_clients[] = {
    {"name", TLS_CLIENTS_NAME}, {"certvalid", TLS_CLIENTS_CERTVALID}, {"fingerprint", TLS_CLIENTS_FINGERPRINT}, {"any", TLS_CLIENTS_ANY}, {NULL, 0},
};
static const struct setting_word sasl_mechanisms[] = {
    {"none", SASL_NONE}, {"plain", SASL_PLAIN}, {"scram-sha-256", SASL_SCRAM_SHA_256}, {"scram-sha-512", SASL_SCRAM_SHA_512}, {NULL, 0},
};
static const struct setting_word criticalities[] = {
    {"none", CRITICALITY_NONE}, {"low", CRITICALITY_LOW}, {"medium", CRITICALITY_MEDIUM}, {"high", CRITICALITY_HIGH}, {"critical", CRITICALITY_CRITICAL}, {NULL, 0},
};
static const struct setting_word spool_policies[] = {
    {"pause", SPOOL_FULL_PAUSE}, {"shed", SPOOL_FULL_SHED}, {NULL, 0},
};
static const struct setting_word log_levels[] = { /* enum log_level */
    {"error", 0}, {"warning", 1}, {"notice", 2}, {"info", 3}, {"debug", 4}, {NULL, 0},
};
static const struct setting_word rule_levels[] = { /* enum rule_level, which this room may not include */
    {"informational", 0}, {"low", 1}, {"medium", 2}, {"high", 3}, {"critical", 4}, {NULL, 0},
};

static const struct setting daemon_rows[] = {
    {.name = "lanes", .type = SETTING_INTEGER, GLOBAL(lanes), .fallback = "0", .min = 0, .max = 256,
     .help = "How many threads receive and match; 0 is one for each core."},
    {.name = "state_dir", .type = SETTING_PATH, GLOBAL(state_dir), .fallback = "/var/lib/ismsd", .min = 1, .max = PATH_LENGTH_MAX,
     .help = "The folder of records, ledger and evidence."},
    {.name = "control_socket", .type = SETTING_PATH, GLOBAL(control_socket), .fallback = "/run/ismsd/control.sock", .min = 1, .max = 107,
     .help = "Where ismsctl finds the daemon."},
    {.name = "user", .type = SETTING_TEXT, GLOBAL(user), .fallback = "''", .min = 0, .max = 32,
     .help = "The user to become after a start as root; empty stays who it is."},
    {.name = "log_level", .type = SETTING_WORD, GLOBAL(log_level), .fallback = "info", .words = log_levels,
     .help = "The least urgent of the daemon's own messages that it writes."},
    {.name = "batches_per_lane", .type = SETTING_INTEGER, GLOBAL(batches_per_lane), .fallback = "64", .min = 2, .max = 4096,
     .help = "How many batches a lane may have under way; when all are, TCP is no longer read."},
    {.name = "fields_max", .type = SETTING_INTEGER, GLOBAL(fields_max), .fallback = "1024", .min = 16, .max = 65536,
     .help = "The most fields kept of one event; what is beyond is counted."},
    {.name = "audit_sets_max", .type = SETTING_INTEGER, GLOBAL(audit_sets_max), .fallback = "256", .min = 0, .max = 65536,
     .help = "How many starts of programs a lane puts together from Linux audit records at a time; one more gives up the oldest, counted. 0 joins none."},
};

static const struct setting input_rows[] = {
    {.name = "name", .type = SETTING_TEXT, INPUT(name), .min = 1, .max = 64, .needed_by = SETTING_ALWAYS,
     .help = "What the input is called in events, sources and counters."},
    {.name = "type", .type = SETTING_WORD, INPUT(type), .words = input_types, .needed_by = SETTING_ALWAYS,
     .help = "Where bytes come from."},
    {.name = "address", .type = SETTING_TEXT, INPUT(address), .fallback = "0.0.0.0", .min = 2, .max = 64, .only_for = UDP | TCP | RELP,
     .help = "The address to listen on, in figures; '::' is every address, IPv4 too."},
    {.name = "port", .type = SETTING_INTEGER, INPUT(port), .fallback = "20514", .min = 0, .max = 65535, .only_for = UDP | TCP | RELP, .needed_by = UDP | TCP,
     .help = "The port to listen on, which only relp has a default for; 0 lets the kernel choose, for tests."},
    {.name = "path", .type = SETTING_PATH, INPUT(path), .min = 1, .max = PATH_LENGTH_MAX, .only_for = UNIX | FILES, .needed_by = UNIX | FILES,
     .help = "The socket to create, or the file to read."},
    {.name = "framing", .type = SETTING_WORD, INPUT(framing), .fallback = "auto", .fallback_tls = "octet", .words = framings, .only_for = TCP | FILES | STDIN,
     .help = "How messages are told apart (RFC 6587); auto judges each by itself. With octet, which RFC 5425 has with TLS, what comes without a count is taken as a line and marked."},
    {.name = "format", .type = SETTING_WORD, INPUT(format), .fallback = "auto", .words = formats,
     .help = "What a message is; auto and json take JSON where the message, or a syslog message's text, is an object; syslog never does. CEF, LEEF and other records are read in any case."},
    {.name = "follow", .type = SETTING_BOOL, INPUT(follow), .fallback = "true", .only_for = FILES,
     .help = "Whether to go on with what is added, across rotation; otherwise the file is read to its end once."},
    {.name = "from_start", .type = SETTING_BOOL, INPUT(from_start), .fallback = "false", .only_for = FILES,
     .help = "Whether to begin at the start of the file; otherwise with what is added from now on. Always where it is not followed."},
    {.name = "receive_buffer", .type = SETTING_BYTES, INPUT(receive_buffer_bytes), .fallback = "16MiB", .min = 64 * KIB, .max = GIB, .only_for = UDP | UNIX,
     .help = "The socket's receive buffer, which must bridge every pause; the kernel drops what does not fit, and that is counted."},
    {.name = "credentials", .type = SETTING_BOOL, INPUT(credentials), .fallback = "false", .only_for = UNIX,
     .help = "Whether the kernel is asked which process, user and group each message is from; they become the fields sender_pid, sender_uid and sender_gid, which no sender but root can choose."},
    {.name = "frame_max", .type = SETTING_BYTES, INPUT(frame_max_bytes), .fallback = "64KiB", .min = KIB, .max = MIB,
     .help = "The longest message kept whole; a longer one is cut and marked."},
    {.name = "connections_max", .type = SETTING_INTEGER, INPUT(connections_max), .fallback = "1024", .min = 1, .max = 1000000, .only_for = TCP | RELP,
     .help = "The most connections at once on each lane, among which the kernel deals them out; further ones are refused and counted."},
    {.name = "idle_timeout", .type = SETTING_DURATION, INPUT(idle_timeout_ms), .fallback = "10m", .min = 0, .max = 365 * DAY, .only_for = TCP | RELP,
     .help = "A connection without a byte for so long is closed; 0 keeps it for ever."},
    {.name = "partial_bytes_max", .type = SETTING_BYTES, INPUT(partial_bytes_max), .fallback = "64MiB", .min = 64 * KIB, .max = 64 * GIB, .only_for = TCP | RELP,
     .help = "The most memory that unfinished messages of all connections may take together."},
    {.name = "allow", .type = SETTING_TEXTS, INPUT(allow), .aux = INPUT_AT(n_allow), .fallback = "[]", .min = 0, .max = PEERS_MAX, .only_for = UDP | TCP | RELP,
     .help = "The addresses and networks that may send, such as 192.0.2.0/24; none is all. Behind a balancer the sender that its PROXY header tells is meant. What others send is dropped and counted."},
    {.name = "proxy_from", .type = SETTING_TEXTS, INPUT(proxy_from), .aux = INPUT_AT(n_proxy_from), .fallback = "[]", .min = 0, .max = PEERS_MAX, .only_for = TCP | RELP,
     .help = "The addresses and networks of load balancers, whose connections must begin with a PROXY header, version 1 or 2, also before TLS; from others such a header is refused."},
    {.name = "rate_max", .type = SETTING_INTEGER, INPUT(rate_max), .fallback = "0", .min = 0, .max = 10000000, .only_for = UDP | TCP | RELP,
     .help = "The most messages a second taken from one address, by each lane; the rest is counted, and an event every ten seconds says how many were suppressed from whom; relp answers it as dealt with. 0 takes all."},
    {.name = "handshake_timeout", .type = SETTING_DURATION, INPUT(handshake_timeout_ms), .fallback = "10s", .min = 100, .max = HOUR, .only_for = TCP | RELP,
     .help = "A connection whose PROXY header and TLS handshake are not done by then is closed and counted."},
    {.name = "tls.certificate", .type = SETTING_PATH, INPUT(tls_certificate), .min = 1, .max = PATH_LENGTH_MAX, .only_for = TCP | RELP | KAFKA,
     .help = "The PEM file of our certificate and those between it and the root. On tcp and relp the input then speaks TLS 1.2 or 1.3 only (RFC 5425), and it is read again at a reload, as are the key and the CA; kafka shows it to brokers that ask for one."},
    {.name = "tls.key", .type = SETTING_PATH, INPUT(tls_key), .min = 1, .max = PATH_LENGTH_MAX, .only_for = TCP | RELP | KAFKA,
     .help = "The PEM file of its secret key, readable by its owner only."},
    {.name = "tls.ca", .type = SETTING_PATH, INPUT(tls_ca), .min = 1, .max = PATH_LENGTH_MAX, .only_for = TCP | RELP | KAFKA,
     .help = "The PEM file of the authorities that the other side's certificate must come from: on tcp and relp the senders', where clients is name or certvalid; on kafka the brokers', which then are spoken to by TLS, and whose names must be right."},
    {.name = "tls.clients", .type = SETTING_WORD, INPUT(tls_clients), .fallback = "name", .words = tls_clients, .only_for = TCP | RELP,
     .help = "Who may send: a valid certificate with a permitted name, any valid certificate, a permitted fingerprint whoever signed it, or any client, even without a certificate."},
    {.name = "tls.permitted", .type = SETTING_TEXTS, INPUT(tls_permitted), .aux = INPUT_AT(n_tls_permitted), .fallback = "[]", .min = 0, .max = PEERS_MAX, .only_for = TCP | RELP,
     .help = "The permitted names, where *.example.org stands for one label, or fingerprints, as SHA256:E1:2D and so on; a refused one is logged as it has to stand here."},
    {.name = "brokers", .type = SETTING_TEXTS, INPUT(brokers), .aux = INPUT_AT(n_brokers), .min = 1, .max = LIST_MAX, .only_for = KAFKA, .needed_by = KAFKA,
     .help = "Some brokers of the cluster, as host:port; they name the others. None of them need be up when the daemon starts."},
    {.name = "topics", .type = SETTING_TEXTS, INPUT(topics), .aux = INPUT_AT(n_topics), .min = 1, .max = LIST_MAX, .only_for = KAFKA, .needed_by = KAFKA,
     .help = "The topics to read; one that begins with ^ is a pattern of names. A partition is read from where the daemon's own records say it got to, at first from its start."},
    {.name = "group", .type = SETTING_TEXT, INPUT(group), .fallback = "ismsd", .min = 1, .max = TEXT_MAX, .only_for = KAFKA,
     .help = "The consumer group, in which each lane is a consumer. It is for one daemon alone: another has records of its own."},
    {.name = "client_id", .type = SETTING_TEXT, INPUT(client_id), .fallback = "ismsd", .min = 1, .max = TEXT_MAX, .only_for = KAFKA,
     .help = "What brokers call us in their logs and quotas."},
    {.name = "sasl.mechanism", .type = SETTING_WORD, INPUT(sasl_mechanism), .fallback = "none", .words = sasl_mechanisms, .only_for = KAFKA,
     .help = "How we prove to brokers who we are, besides a certificate."},
    {.name = "sasl.username", .type = SETTING_TEXT, INPUT(sasl_username), .min = 1, .max = TEXT_MAX, .only_for = KAFKA,
     .help = "Who we are."},
    {.name = "sasl.password_file", .type = SETTING_PATH, INPUT(sasl_password_file), .min = 1, .max = PATH_LENGTH_MAX, .only_for = KAFKA,
     .help = "The file with the password, readable by its owner only; a line end behind it is not part of it. Read again at a reload."},
    {.name = "dead_letter", .type = SETTING_TEXT, INPUT(dead_letter), .min = 1, .max = 249, .only_for = KAFKA,
     .help = "A topic that gets a copy of each record that is not what format says, with headers that tell where it stood and why; it becomes an event in any case."},
    {.name = "fetch_bytes_max", .type = SETTING_BYTES, INPUT(fetch_bytes_max), .fallback = "64MiB", .min = MIB, .max = 64 * GIB, .only_for = KAFKA,
     .help = "The most memory that records read ahead may take on all lanes together, give or take one fetch of each broker."},
    {.name = "session_timeout", .type = SETTING_DURATION, INPUT(session_timeout_ms), .fallback = "10s", .min = SEC, .max = 30 * MINUTE, .only_for = KAFKA,
     .help = "After so long without a sign of life the group gives a consumer's partitions to others; a daemon that was killed waits for it when it is started again."},
    {.name = "commit_interval", .type = SETTING_DURATION, INPUT(commit_interval_ms), .fallback = "5s", .min = 0, .max = HOUR, .only_for = KAFKA,
     .help = "How often the brokers are told how far we are, for tools that show a group's lag; 0 never does. Nothing depends on it."},
    {.name = "librdkafka", .type = SETTING_TEXTS, INPUT(librdkafka), .aux = INPUT_AT(n_librdkafka), .fallback = "[]", .min = 0, .max = LIST_MAX, .only_for = KAFKA,
     .help = "Further properties of librdkafka, each as property=value; those that exactness rests on, and secrets, are refused."},
    {.name = "unanswered_max", .type = SETTING_INTEGER, INPUT(unanswered_max), .fallback = "1024", .min = 1, .max = 1000000, .only_for = RELP,
     .help = "A session is read no further while so much of it is not answered; senders wait for answers after as many as their own window, which is usually 128."},
    {.name = "spool", .type = SETTING_BOOL, INPUT(spool), .fallback = "false", .only_for = UDP | TCP | UNIX | FILES | STDIN | RELP,
     .help = "Whether messages go to disk before they are processed, and survive whatever befalls us from then on; relp then answers once they are there. See the section spool."},
    {.name = "zone", .type = SETTING_ZONE, INPUT(zone_minutes), .fallback = "+00:00", .min = -14 * 60, .max = 14 * 60,
     .help = "The zone of time stamps that name none."},
    {.name = "product", .type = SETTING_TEXT, INPUT(product), .min = 1, .max = TEXT_MAX,
     .help = "Sigma's product of every event from here."},
    {.name = "category", .type = SETTING_TEXT, INPUT(category), .min = 1, .max = TEXT_MAX,
     .help = "Sigma's category of every event from here."},
    {.name = "service", .type = SETTING_TEXT, INPUT(service), .min = 1, .max = TEXT_MAX,
     .help = "Sigma's service of every event from here."},
};

static const struct setting source_rows[] = {
    {.name = "name", .type = SETTING_TEXT, SOURCE(name), .min = 1, .max = 64, .needed_by = SETTING_ALWAYS,
     .help = "What the source is called in records and KPIs."},
    {.name = "hostname", .type = SETTING_TEXT, SOURCE(hostname), .min = 1, .max = TEXT_MAX,
     .help = "The host an event must claim to be of this source; case does not matter."},
    {.name = "peer", .type = SETTING_TEXT, SOURCE(peer), .min = 2, .max = 64,
     .help = "The address it must come from, or a prefix such as 192.0.2.0/24."},
    {.name = "app_name", .type = SETTING_TEXT, SOURCE(app_name), .min = 1, .max = TEXT_MAX,
     .help = "The program it must be from; case does not matter."},
    {.name = "input", .type = SETTING_TEXT, SOURCE(input), .min = 1, .max = 64,
     .help = "The name of the input it must come through."},
    {.name = "owner", .type = SETTING_TEXT, SOURCE(owner), .min = 1, .max = TEXT_MAX,
     .help = "Who answers for the source."},
    {.name = "expected", .type = SETTING_BOOL, SOURCE(expected), .fallback = "true",
     .help = "Whether it is to be heard, so that never hearing it, its volume and its clock may be proposed as nonconformities; otherwise it only has a name."},
    {.name = "required", .type = SETTING_BOOL, SOURCE(required), .fallback = "false",
     .help = "Whether its silence is proposed as a nonconformity, and any loss at an input it names."},
    {.name = "criticality", .type = SETTING_WORD, SOURCE(criticality), .fallback = "none", .words = criticalities,
     .help = "How much depends on what runs there, as your risk assessment has it; shown and on record."},
    {.name = "interval", .type = SETTING_DURATION, SOURCE(interval_ms), .fallback = "0", .min = 0, .max = 365 * DAY,
     .help = "How long it is between two of its events, as a rule; 0 is unknown."},
    {.name = "silence", .type = SETTING_DURATION, SOURCE(silence_ms), .aux = offsetof(struct source_settings, has_silence), .min = 0, .max = 365 * DAY,
     .help = "Longer than this without an event is silence; 0 never is. Left out, it is five times the interval, at least 15m."},
    {.name = "skew_limit", .type = SETTING_DURATION, SOURCE(skew_limit_ms), .fallback = "5s", .min = 0, .max = 365 * DAY,
     .help = "How far its clock may be off: the median of receive minus event time, over the last two minutes in which it spoke. 0 is any; time stamps without a fraction look half a second late."},
    {.name = "retention", .type = SETTING_DURATION, SOURCE(retention_ms), .fallback = "0", .min = 0, .max = 36600 * DAY,
     .help = "How long its log must be kept where it is kept, by your policy; shown and on record, not enforced here. 0 says nothing."},
    {.name = "controls", .type = SETTING_TEXTS, SOURCE(controls), .aux = offsetof(struct source_settings, n_controls), .fallback = "[]", .min = 0, .max = LIST_MAX,
     .help = "The controls that its log is evidence for, such as A.8.15; shown and on record."},
    {.name = "zone", .type = SETTING_ZONE, SOURCE(zone_minutes), .aux = offsetof(struct source_settings, has_zone), .min = -14 * 60, .max = 14 * 60,
     .help = "The zone of its time stamps that name none, instead of the input's."},
    {.name = "product", .type = SETTING_TEXT, SOURCE(product), .min = 1, .max = TEXT_MAX,
     .help = "Sigma's product of its events."},
    {.name = "category", .type = SETTING_TEXT, SOURCE(category), .min = 1, .max = TEXT_MAX,
     .help = "Sigma's category of its events."},
    {.name = "service", .type = SETTING_TEXT, SOURCE(service), .min = 1, .max = TEXT_MAX,
     .help = "Sigma's service of its events."},
};

static const struct setting maintenance_rows[] = {
    {.name = "name", .type = SETTING_TEXT, WINDOW(name), .min = 1, .max = 64, .needed_by = SETTING_ALWAYS,
     .help = "What the window is called in records."},
    {.name = "sources", .type = SETTING_TEXTS, WINDOW(sources), .aux = offsetof(struct maintenance_settings, n_sources), .fallback = "[]", .min = 0, .max = SETTING_ITEMS_MAX,
     .help = "The names of the log sources it is for; none is all, and the daemon itself."},
    {.name = "reason", .type = SETTING_TEXT, WINDOW(reason), .min = 1, .max = TEXT_MAX, .needed_by = SETTING_ALWAYS,
     .help = "Why nothing is held against them meanwhile, and who approved it."},
    {.name = "from", .type = SETTING_TEXT, WINDOW(from), .min = 1, .max = 64,
     .help = "When it begins, once, as 2026-03-14T02:00:00Z."},
    {.name = "until", .type = SETTING_TEXT, WINDOW(until), .min = 1, .max = 64,
     .help = "When that ends, likewise."},
    {.name = "weekly", .type = SETTING_TEXT, WINDOW(weekly), .min = 9, .max = 9,
     .help = "When it begins each week, as 'Sun 02:00', instead."},
    {.name = "duration", .type = SETTING_DURATION, WINDOW(duration_ms), .fallback = "0", .min = 0, .max = 6 * DAY,
     .help = "How long it then lasts."},
    {.name = "zone", .type = SETTING_ZONE, WINDOW(zone_minutes), .fallback = "+00:00", .min = -14 * 60, .max = 14 * 60,
     .help = "The zone that the weekly time is in, all year."},
};

static const struct setting watch_rows[] = {
    {.name = "never_heard", .type = SETTING_DURATION, GLOBAL(watch.never_heard_ms), .fallback = "1d", .min = 0, .max = 365 * DAY,
     .help = "An expected source that was never heard is proposed as a nonconformity (T02) so long after it was configured; 0 never."},
    {.name = "skew_hold", .type = SETTING_DURATION, GLOBAL(watch.skew_hold_ms), .fallback = "1h", .min = 0, .max = 30 * DAY,
     .help = "A clock off by more than the source's skew_limit is proposed (T05) after so long, and good again after a quarter of it."},
    {.name = "zone_hold", .type = SETTING_DURATION, GLOBAL(watch.zone_hold_ms), .fallback = "5m", .min = 0, .max = 30 * DAY,
     .help = "The same for a clock off by whole or half hours, which is a mistake about the zone and named as such."},
    {.name = "volume_low", .type = SETTING_INTEGER, GLOBAL(watch.volume_low), .fallback = "10", .min = 0, .max = 90,
     .help = "Fewer events in an hour than so many per cent of what is usual then is a collapse (T03); 0 never is. Usual is the median of the same hour of the last five weeks, of three at least, else of the same hour of the last fourteen days of its kind (working day or weekend), of four at least."},
    {.name = "volume_high", .type = SETTING_INTEGER, GLOBAL(watch.volume_high), .fallback = "1000", .min = 0, .max = 1000000,
     .help = "More than so many per cent is a surge (T03); 0 never is."},
    {.name = "volume_hours", .type = SETTING_INTEGER, GLOBAL(watch.volume_hours), .fallback = "2", .min = 1, .max = 24,
     .help = "So many whole hours on end must be so before it is proposed; one hour back at three times the lower limit, or a third of the upper, ends it."},
    {.name = "volume_least", .type = SETTING_INTEGER, GLOBAL(watch.volume_least), .fallback = "50", .min = 1, .max = 1000000000,
     .help = "An hour in which fewer events than this are usual is not judged: small numbers vary by themselves."},
    {.name = "loss_max", .type = SETTING_INTEGER, GLOBAL(watch.loss_max), .fallback = "100", .min = 0, .max = 1000000,
     .help = "More events lost at an input than so many of a million, over 24 hours, are proposed (T06); so is every gap in a Kafka partition, and any loss where a required source names the input."},
    {.name = "down_limit", .type = SETTING_DURATION, GLOBAL(watch.down_limit_ms), .fallback = "5m", .min = 0, .max = 365 * DAY,
     .help = "The daemon itself down for longer is proposed at its next start (T21); 0 never is."},
    {.name = "learned_max", .type = SETTING_INTEGER, GLOBAL(watch.learned_max), .fallback = "1000", .min = 0, .max = 10000,
     .help = "The most hosts and peers remembered that are of no configured source; beyond it the one unheard longest is forgotten and counted."},
    {.name = "learned_forget", .type = SETTING_DURATION, GLOBAL(watch.learned_forget_ms), .fallback = "30d", .min = HOUR, .max = 3660 * DAY,
     .help = "One of them that is not heard for so long is forgotten."},
    {.name = "maintenance_max", .type = SETTING_DURATION, GLOBAL(watch.maintenance_max_ms), .fallback = "7d", .min = HOUR, .max = 365 * DAY,
     .help = "The longest maintenance that can be declared with ismsctl."},
};

static const struct setting rules_rows[] = {
    {.name = "paths", .type = SETTING_PATHS, GLOBAL(rules_paths), .aux = PLACE(n_rules_paths), .fallback = "[rules]", .min = 0, .max = LIST_MAX,
     .help = "Folders and files of Sigma rules; the default is the folder shipped with the daemon."},
    {.name = "prefilter", .type = SETTING_BOOL, GLOBAL(rules_prefilter), .fallback = "true",
     .help = "Whether patterns are looked for all at once; both ways find the same, one is slow."},
};

static const struct setting list_rows[] = {
    {.name = "name", .type = SETTING_TEXT, LIST(name), .min = 1, .max = TEXT_MAX, .needed_by = SETTING_ALWAYS,
     .help = "What rules call it: %name% under the modifier expand."},
    {.name = "values", .type = SETTING_TEXTS, LIST(values), .aux = offsetof(struct list_settings, n_values), .min = 0, .max = VALUES_MAX,
     .help = "What it holds, written as in a rule: with wildcards."},
    {.name = "file", .type = SETTING_PATH, LIST(file), .min = 1, .max = PATH_LENGTH_MAX,
     .help = "A file with more of them, one a line; empty lines and those that begin with # do not count."},
};

static const struct setting mappings_rows[] = {
    {.name = "path", .type = SETTING_PATH, GLOBAL(mappings_path), .fallback = "mappings", .min = 1, .max = PATH_LENGTH_MAX,
     .help = "The folder of the decoders that make fields of free text; the default is the one shipped with the daemon."},
};

static const struct setting alerts_rows[] = {
    {.name = "fold_window", .type = SETTING_DURATION, GLOBAL(alerts_fold_window_ms), .fallback = "15m", .min = 0, .max = 30 * DAY,
     .help = "An alert takes further detections of its rule and group until so long without one; 0 makes each its own alert."},
    {.name = "detections_kept", .type = SETTING_INTEGER, GLOBAL(alerts_detections_kept), .fallback = "100", .min = 1, .max = 100000,
     .help = "So many detections of an alert are kept with their events; later ones are counted."},
    {.name = "group_by", .type = SETTING_TEXTS, GLOBAL(alerts_group_by), .aux = PLACE(n_alerts_group_by), .fallback = "[hostname]", .min = 0, .max = LIST_MAX,
     .help = "The fields that tell alerts of one rule apart, where the rule names none."},
    {.name = "open_max", .type = SETTING_INTEGER, GLOBAL(alerts_open_max), .fallback = "100000", .min = 1, .max = 10000000,
     .help = "The most alerts open at once; beyond it the one silent longest is closed and counted."},
};

static const struct setting correlation_rows[] = {
    {.name = "groups_max", .type = SETTING_INTEGER, GLOBAL(correlation_groups_max), .fallback = "200000", .min = 1, .max = 100000000,
     .help = "The most groups counted at once over all correlations; beyond it the one silent longest is evicted and counted."},
    {.name = "state_max", .type = SETTING_BYTES, GLOBAL(correlation_state_max_bytes), .fallback = "256MiB", .min = 1 << 20, .max = INT64_C(1) << 40,
     .help = "The most memory for what groups hold: times, values, numbers; beyond it the group silent longest is evicted and counted."},
    {.name = "lateness", .type = SETTING_DURATION, GLOBAL(correlation_lateness_ms), .fallback = "1m", .min = 0, .max = DAY,
     .help = "How late an event may come and still count in the window of its time."},
};

static const struct setting records_rows[] = {
    {.name = "incident_level", .type = SETTING_WORD, GLOBAL(records_incident_level), .fallback = "high", .words = rule_levels,
     .help = "An alert of a rule of this level or above opens an incident."},
    {.name = "criteria", .type = SETTING_TEXT, GLOBAL(records_criteria), .fallback = "'1'", .min = 1, .max = 64,
     .help = "The version of the criteria that decisions on incidents refer to (A.5.25)."},
    {.name = "contain_limit.S1", .type = SETTING_DURATION, GLOBAL(records_contain_limit_ms[1]), .fallback = "4h", .min = MINUTE, .max = 365 * DAY,
     .help = "An incident of severity S1 is to be contained within so long after detection."},
    {.name = "contain_limit.S2", .type = SETTING_DURATION, GLOBAL(records_contain_limit_ms[2]), .fallback = "8h", .min = MINUTE, .max = 365 * DAY,
     .help = "The same for severity S2."},
    {.name = "contain_limit.S3", .type = SETTING_DURATION, GLOBAL(records_contain_limit_ms[3]), .fallback = "3d", .min = MINUTE, .max = 365 * DAY,
     .help = "The same for severity S3."},
    {.name = "contain_limit.S4", .type = SETTING_DURATION, GLOBAL(records_contain_limit_ms[4]), .fallback = "10d", .min = MINUTE, .max = 365 * DAY,
     .help = "The same for severity S4."},
    {.name = "confirm_limit", .type = SETTING_DURATION, GLOBAL(records_confirm_limit_ms), .fallback = "7d", .min = MINUTE, .max = 365 * DAY,
     .help = "A proposed nonconformity is to be confirmed or rejected within so long."},
    {.name = "correct_limit.major", .type = SETTING_DURATION, GLOBAL(records_correct_limit_ms[2]), .fallback = "30d", .min = MINUTE, .max = 3660 * DAY,
     .help = "A nonconformity confirmed as major is to be corrected within so long, where nobody sets a date."},
    {.name = "correct_limit.minor", .type = SETTING_DURATION, GLOBAL(records_correct_limit_ms[1]), .fallback = "90d", .min = MINUTE, .max = 3660 * DAY,
     .help = "The same for a minor one."},
    {.name = "correct_limit.observation", .type = SETTING_DURATION, GLOBAL(records_correct_limit_ms[0]), .fallback = "180d", .min = MINUTE, .max = 3660 * DAY,
     .help = "The same for an observation."},
};

static const struct setting store_rows[] = {
    {.name = "commit_interval", .type = SETTING_DURATION, GLOBAL(store_commit_interval_ms), .fallback = "200ms", .min = 1, .max = 10 * SEC,
     .help = "How long changes may wait to be committed together."},
    {.name = "segment_bytes", .type = SETTING_BYTES, GLOBAL(store_segment_bytes), .fallback = "64MiB", .min = MIB, .max = 4 * GIB,
     .help = "How large a file of evidence grows before the next one begins."},
};

static const struct setting spool_rows[] = {
    {.name = "bytes_max", .type = SETTING_BYTES, GLOBAL(spool_bytes_max), .fallback = "1GiB", .min = 16 * MIB, .max = 1024 * GIB,
     .help = "The most that the spools of all lanes together may take, each an equal share."},
    {.name = "full", .type = SETTING_WORD, GLOBAL(spool_full), .fallback = "pause", .words = spool_policies,
     .help = "What happens when that is reached or the disk is full: pause reads no more, so that senders over TCP wait and the kernel drops datagrams and counts them; shed reads on and drops, counted. Files, standard input and senders that wait for an answer always pause."},
    {.name = "segment_bytes", .type = SETTING_BYTES, GLOBAL(spool_segment_bytes), .fallback = "16MiB", .min = MIB, .max = GIB,
     .help = "How large a file of the spool grows before the next one begins; it is deleted once all in it is on record."},
    {.name = "sync_interval", .type = SETTING_DURATION, GLOBAL(spool_sync_interval_ms), .fallback = "10ms", .min = 0, .max = 10 * SEC,
     .help = "How long a message may wait to be synced to the disk together with others; 0 syncs whenever something was read."},
    {.name = "sync_bytes", .type = SETTING_BYTES, GLOBAL(spool_sync_bytes), .fallback = "1MiB", .min = 64 * KIB, .max = 64 * MIB,
     .help = "So many bytes are synced at once, however soon. While the disk is full as many wait in memory, on each lane."},
    {.name = "compression", .type = SETTING_INTEGER, GLOBAL(spool_compression), .fallback = "1", .min = 0, .max = 9,
     .help = "The level of zstd that blocks are compressed at; 0 leaves them as they are."},
};

static const struct setting ledger_rows[] = {
    {.name = "origin", .type = SETTING_TEXT, GLOBAL(ledger_origin), .fallback = "localhost/ismsd", .min = 1, .max = TEXT_MAX,
     .help = "The name of this ledger in its checkpoints, which should be its own in the world, such as soc.example.org/ismsd."},
    {.name = "checkpoint_interval", .type = SETTING_DURATION, GLOBAL(ledger_checkpoint_interval_ms), .fallback = "60s", .min = SEC, .max = 60 * SEC,
     .help = "The ledger's head is signed at least this often while it grows."},
};

static const struct setting kpi_rows[] = {
    {.name = "interval", .type = SETTING_DURATION, GLOBAL(kpi_interval_ms), .fallback = "5s", .min = 100, .max = HOUR,
     .help = "How often KPIs are computed and published."},
    {.name = "window", .type = SETTING_DURATION, GLOBAL(kpi_window_ms), .fallback = "30d", .min = HOUR, .max = 3660 * DAY,
     .help = "The time up to now that KPIs are about."},
};

static const struct setting publish_rows[] = {
    {.name = "address", .type = SETTING_TEXT, GLOBAL(publish_address), .fallback = "'tcp://127.0.0.1:5514'", .min = 0, .max = TEXT_MAX,
     .help = "The ZeroMQ endpoint of KPIs and record changes; empty publishes nothing."},
    {.name = "curve_secret_file", .type = SETTING_PATH, GLOBAL(publish_curve_secret_file), .fallback = "''", .min = 0, .max = PATH_LENGTH_MAX,
     .help = "The file with the secret CURVE key, readable by its owner only; empty publishes in clear."},
    {.name = "curve_clients_file", .type = SETTING_PATH, GLOBAL(publish_curve_clients_file), .fallback = "''", .min = 0, .max = PATH_LENGTH_MAX,
     .help = "The file with the public keys that may subscribe; empty lets in any that knows the daemon's."},
};

#define ROWS(table)                     .rows = (table), .n_rows = ARRAY_LEN(table)
#define ITEMS(type, list, n)            .item_size = sizeof(type), .items_at = PLACE(list), .n_at = PLACE(n)

const struct setting_section setting_sections[] = {
    {.name = "daemon", ROWS(daemon_rows),
     .help = "The process itself."},
    {.name = "inputs", ROWS(input_rows), ITEMS(struct input_settings, inputs, n_inputs),
     .help = "A list: where events come from."},
    {.name = "sources", ROWS(source_rows), ITEMS(struct source_settings, sources, n_sources),
     .help = "A list: who should be heard. An event is of the first source whose hostname, peer, app_name and input, as far as given, it has."},
    {.name = "maintenance", ROWS(maintenance_rows), ITEMS(struct maintenance_settings, maintenance, n_maintenance),
     .help = "A list: planned times in which nothing is held against log sources; each time it comes round is a record of its own. ismsctl maintenance declares others."},
    {.name = "watch", ROWS(watch_rows),
     .help = "When what log sources do, or the daemon, is proposed as a nonconformity, for a person to confirm or reject."},
    {.name = "rules", ROWS(rules_rows),
     .help = "What is looked for."},
    {.name = "lists", ROWS(list_rows), ITEMS(struct list_settings, lists, n_lists),
     .help = "A list: what the placeholders of rules stand for, such as the names of administrators. A reload reads them again."},
    {.name = "mappings", ROWS(mappings_rows),
     .help = "How free text becomes fields."},
    {.name = "alerts", ROWS(alerts_rows),
     .help = "How detections are folded into alerts."},
    {.name = "correlation", ROWS(correlation_rows),
     .help = "The budget of rules that count."},
    {.name = "records", ROWS(records_rows),
     .help = "What opens an incident, and the time limits it is measured against."},
    {.name = "store", ROWS(store_rows),
     .help = "The database and the evidence."},
    {.name = "spool", ROWS(spool_rows),
     .help = "Where messages of inputs with spool: true wait on disk, STATE/spool, before they are processed."},
    {.name = "ledger", ROWS(ledger_rows),
     .help = "The tamper-evident record of every change."},
    {.name = "kpi", ROWS(kpi_rows),
     .help = "What management sees, and how often."},
    {.name = "publish", ROWS(publish_rows),
     .help = "KPIs and record changes over ZeroMQ."},
};
// clang-format on

const size_t setting_sections_n = ARRAY_LEN(setting_sections);

unsigned
setting_kind(const struct setting_section *section, const void *item)
{
    if (section->rows == input_rows)
        return 1u << ((const struct input_settings *)item)->type;
    return 1u;
}
