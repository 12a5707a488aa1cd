/* SPDX-License-Identifier: Apache-2.0 */

/*
 * TLS by OpenSSL. Who may come in is decided while the handshake runs, so that a refused sender is told by an alert and
 * has not sent a word. What the modes ask of the sender's certificate:
 *
 *     name         a valid chain to the CA, and one of its names permitted (RFC 5425 section 5.2, RFC 6125 section 6.4)
 *     certvalid    a valid chain to the CA
 *     fingerprint  its SHA-256 permitted, whoever signed it and whenever it ends (RFC 5425 section 5.1)
 *     any          nothing; it is not even asked for
 *
 * OpenSSL's own buffers come and go with the reads: an idle connection keeps no 16 KiB, and a busy one allocates per
 * read, not per message.
 */

#include "input/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

enum {
    KEY_FILE_MAX = 64 * 1024,
    DIGEST_BYTES = 32,
    FINGERPRINT_MAX = sizeof("SHA256:") + DIGEST_BYTES * 3,
    NAME_MAX_BYTES = 255, /* of a name we take for an identity: DNS has no longer one */
    REFUSAL_MAX = 256,
    AHEAD_LEAST = 4 * TRANSPORT_READ_LEAST, /* room for one record, what was read ahead with it, and one more */
};

/* Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else. */
#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls_server {
    const struct input_settings *settings;
    SSL_CTX *ctx;
};

struct transport_session {
    SSL *ssl;
    const struct input_settings *settings;
    ssize_t end; /* 1: none yet; else what reading ended with: 0 or negative errno */
    char fingerprint[FINGERPRINT_MAX];
    char identity[NAME_MAX_BYTES + 1];
    char why[REFUSAL_MAX];
};

/* ---- who the sender is ---- */

static void
print_fingerprint(X509 *certificate, char out[static FINGERPRINT_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    size_t at = (size_t)snprintf(out, FINGERPRINT_MAX, "SHA256");

    if (X509_digest(certificate, EVP_sha256(), digest, &n) != 1)
        n = 0;
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, FINGERPRINT_MAX - at, ":%02X", digest[i]);
}

/* A NUL or a blank within is no name: what a reader sees must be what was compared. */
static struct slice
name_of(const ASN1_STRING *text)
{
    struct slice s = slice_of((const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return (struct slice){NULL, 0};
    return s.n > NAME_MAX_BYTES ? (struct slice){NULL, 0} : s;
}

/* "*.example.org" is one label before ".example.org", neither none nor two. */
static bool
fits_wildcard(struct slice name, struct slice permitted)
{
    struct slice suffix = slice_from(permitted, 1);
    struct slice label = slice_head(name, slice_find(name, '.'));

    return label.n > 0 && slice_eq_nocase(slice_from(name, label.n), suffix);
}

/* A wildcard in the certificate itself proves no host: it is compared like any other text, and never stands here. */
static bool
fits(struct slice name, struct slice permitted)
{
    if (name.n == 0 || slice_find(name, '*') < name.n)
        return false;
    return slice_starts(permitted, SLICE("*.")) ? fits_wildcard(name, permitted) : slice_eq_nocase(name, permitted);
}

static bool
is_permitted(const struct input_settings *settings, struct slice name)
{
    for (size_t i = 0; i < settings->n_tls_permitted; i++)
        if (fits(name, slice_str(settings->tls_permitted[i])))
            return true;
    return false;
}

static void
set_identity(struct transport_session *s, struct slice name)
{
    (void)snprintf(s->identity, sizeof(s->identity), SLICE_FMT, SLICE_ARG(slice_head(name, NAME_MAX_BYTES)));
}

/* Takes @name for the identity where the mode asks for no list or the list has it. */
static bool
take_name(struct transport_session *s, struct slice name)
{
    if (name.n == 0 || (s->settings->tls_clients == TLS_CLIENTS_NAME && !is_permitted(s->settings, name)))
        return false;
    set_identity(s, name);
    return true;
}

static bool
take_address(struct transport_session *s, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int n = ASN1_STRING_length(address);

    if ((n != 4 && n != 16) ||
        inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text)) == NULL)
        return false;
    return take_name(s, slice_str(text));
}

static bool
take_alternative(struct transport_session *s, const GENERAL_NAME *name, bool *has_dns)
{
    if (name->type == GEN_DNS) {
        *has_dns = true;
        return take_name(s, name_of(name->d.dNSName));
    }
    return name->type == GEN_IPADD && take_address(s, name->d.iPAddress);
}

static bool
take_common_name(struct transport_session *s, X509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at >= 0 && take_name(s, name_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

/* The alternative names; the common name only where there is no dNSName among them (RFC 6125 section 6.4.4). */
static bool
take_any_name(struct transport_session *s, X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool has_dns = false;
    bool taken = false;

    for (int i = 0; !taken && i < sk_GENERAL_NAME_num(names); i++)
        taken = take_alternative(s, sk_GENERAL_NAME_value(names, i), &has_dns);
    GENERAL_NAMES_free(names);
    return taken || (!has_dns && take_common_name(s, certificate));
}

static bool
has_permitted_fingerprint(const struct transport_session *s)
{
    for (size_t i = 0; i < s->settings->n_tls_permitted; i++)
        if (slice_eq_nocase(slice_str(s->settings->tls_permitted[i]), slice_str(s->fingerprint)))
            return true;
    return false;
}

static bool
refuse(struct transport_session *s, X509_STORE_CTX *store, int error, const char *why)
{
    (void)snprintf(s->why, sizeof(s->why), "%s; its certificate is %s", why, s->fingerprint);
    X509_STORE_CTX_set_error(store, error);
    return false;
}

static bool
verify_chain(struct transport_session *s, X509_STORE_CTX *store, X509 *certificate)
{
    if (X509_verify_cert(store) != 1) {
        int error = X509_STORE_CTX_get_error(store);

        return refuse(s, store, error, X509_verify_cert_error_string(error));
    }
    if (take_any_name(s, certificate))
        return true;
    if (s->settings->tls_clients == TLS_CLIENTS_NAME)
        return refuse(s, store, X509_V_ERR_HOSTNAME_MISMATCH, "none of its names is permitted");
    set_identity(s, slice_str(s->fingerprint)); /* valid, but nameless */
    return true;
}

/* In place of OpenSSL's own verification; the error set decides which alert the sender gets. Return: 1 to let it in. */
static int
verify(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct transport_session *s = SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get0_cert(store);

    (void)unused;
    print_fingerprint(certificate, s->fingerprint);
    if (s->settings->tls_clients != TLS_CLIENTS_FINGERPRINT)
        return verify_chain(s, store, certificate);
    if (!has_permitted_fingerprint(s))
        return refuse(s, store, X509_V_ERR_CERT_UNTRUSTED, "its fingerprint is not permitted");
    set_identity(s, slice_str(s->fingerprint));
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* ---- the server ---- */

static const char *
last_reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text != NULL ? text : "no reason given";
}

static int
complain(const struct input_settings *settings, const char *path, const char *why)
{
    log_error("input", "%s: %s: %s", settings->name, path, why);
    ERR_clear_error();
    return error_origin(-EINVAL);
}

/* Never ask at a terminal for the password of a key. */
static int
no_password(char *out, int n, int writing, void *ctx)
{
    (void)out, (void)n, (void)writing, (void)ctx;
    return -1;
}

static int
use_key_text(SSL_CTX *ctx, struct slice text)
{
    BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    int used = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

    EVP_PKEY_free(key);
    BIO_free(bio);
    return used;
}

static int
use_key(const struct tls_server *s)
{
    const char *path = s->settings->tls_key;
    CLEANUP_BUFFER struct buffer text = {0};
    int r = file_read_secret(path, KEY_FILE_MAX, &text);
    bool used = r == 0 && use_key_text(s->ctx, buffer_slice(&text));

    if (text.p != NULL)
        explicit_bzero(text.p, text.cap);
    if (used)
        return 0;
    if (r == FILE_E_EXPOSED)
        return complain(s->settings, path, "holds a secret key and is not its owner's alone: chmod 600");
    return complain(s->settings, path, r < 0 ? strerrordesc_np(-r) : r > 0 ? "too long for a key" : last_reason());
}

static int
use_certificate(const struct tls_server *s)
{
    const char *path = s->settings->tls_certificate;

    return SSL_CTX_use_certificate_chain_file(s->ctx, path) == 1 ? 0 : complain(s->settings, path, last_reason());
}

/* Clients with several certificates choose theirs by the names of the authorities we would take. */
static int
use_ca(const struct tls_server *s)
{
    const char *path = s->settings->tls_ca;
    STACK_OF(X509_NAME) *names = path == NULL ? NULL : SSL_load_client_CA_file(path);

    if (path == NULL)
        return 0;
    if (names == NULL || SSL_CTX_load_verify_file(s->ctx, path) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return complain(s->settings, path, last_reason());
    }
    SSL_CTX_set_client_CA_list(s->ctx, names);
    return 0;
}

static int
set_rules(const struct tls_server *s)
{
    bool any = s->settings->tls_clients == TLS_CLIENTS_ANY;

    if (SSL_CTX_set_min_proto_version(s->ctx, TLS1_2_VERSION) != 1 || SSL_CTX_set_cipher_list(s->ctx, CIPHERS_12) != 1)
        return complain(s->settings, "TLS", last_reason());
    SSL_CTX_set_options(
        s->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_num_tickets(s->ctx, 0);
    (void)SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(
        s->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_clear_mode(s->ctx, SSL_MODE_AUTO_RETRY); /* or changes of keys without end would keep us reading */
    SSL_CTX_set_verify(s->ctx, any ? SSL_VERIFY_NONE : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(s->ctx, verify, NULL);
    return 0;
}

int
tls_server_new(struct tls_server **out, const struct input_settings *settings)
{
    CLEANUP(tls_server_free) struct tls_server *s = calloc(1, sizeof(*s));
    int r;

    if (s == NULL)
        return error_origin(-ENOMEM);
    s->settings = settings;
    ERR_clear_error();
    s->ctx = SSL_CTX_new(TLS_server_method());
    if (s->ctx == NULL)
        return error_origin(-ENOMEM);
    r = set_rules(s);
    if (r == 0)
        r = use_certificate(s);
    if (r == 0)
        r = use_key(s);
    if (r == 0)
        r = use_ca(s);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(s);
    return 0;
}

void
tls_server_free(struct tls_server *s)
{
    if (s == NULL)
        return;
    SSL_CTX_free(s->ctx);
    free(s);
}

/* ---- a connection ---- */

static int
refuse_for_error(struct transport_session *s, int error)
{
    if (s->why[0] == '\0')
        (void)snprintf(s->why, sizeof(s->why), "%s",
            error == SSL_ERROR_SSL ? last_reason() : "the sender went away during the handshake");
    ERR_clear_error();
    return TRANSPORT_E_REFUSED;
}

static int
tls_handshake(struct transport *t)
{
    struct transport_session *s = t->session;
    int n;

    ERR_clear_error();
    n = SSL_accept(s->ssl);
    if (n == 1) {
        t->identity = slice_str(s->identity);
        return 0;
    }
    switch (SSL_get_error(s->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        return TRANSPORT_E_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return TRANSPORT_E_WANTS_WRITE;
    default:
        return refuse_for_error(s, SSL_get_error(s->ssl, n));
    }
}

/* An end without close_notify may be a cut (RFC 5425 section 4.4), so it is told apart. */
static ssize_t
read_result(struct transport_session *s, int n)
{
    switch (SSL_get_error(s->ssl, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: /* the answer to a change of keys, which goes out with the next read */
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        s->end = 0;
        break;
    default:
        s->end = -ECONNRESET;
        break;
    }
    ERR_clear_error();
    return s->end;
}

/*
 * Nothing may stay inside OpenSSL where epoll does not see it: whole records are read, of 16 KiB at most. Reading ahead
 * of them saves two system calls for each, most of what a short message costs; what is then inside, again 16 KiB and a
 * little at most, must find room: so it ends before room does, and single records follow until all that was inside is
 * out.
 */
static ssize_t
tls_read(struct transport *t, char *out, size_t n_max)
{
    struct transport_session *s = t->session;
    size_t got = 0;

    if (s->end <= 0)
        return s->end;
    ERR_clear_error();
    while (n_max - got >= TRANSPORT_READ_LEAST) {
        int n;

        SSL_set_read_ahead(s->ssl, n_max - got >= AHEAD_LEAST);
        n = SSL_read(s->ssl, out + got, (int)(n_max - got));
        if (n <= 0) {
            ssize_t r = read_result(s, n);

            return got > 0 ? (ssize_t)got : r;
        }
        got += (size_t)n;
    }
    return (ssize_t)got;
}

/* What is written may be repeated from another place, and in part: SSL_MODE_… in set_rules(). */
static ssize_t
tls_write(struct transport *t, const char *bytes, size_t n)
{
    struct transport_session *s = t->session;
    int sent;

    if (s->end < 0)
        return s->end;
    ERR_clear_error();
    sent = SSL_write(s->ssl, bytes, (int)n);
    if (sent > 0)
        return sent;
    switch (SSL_get_error(s->ssl, sent)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return -EAGAIN;
    default:
        ERR_clear_error();
        s->end = -ECONNRESET;
        return s->end;
    }
}

static bool
tls_is_over(const struct transport *t)
{
    return t->session->end <= 0;
}

static const char *
tls_refusal(const struct transport *t)
{
    return t->session->why;
}

/* close_notify goes out where there is room for it; nobody waits for the other's. */
static void
tls_close(struct transport *t)
{
    ERR_clear_error();
    if (SSL_is_init_finished(t->session->ssl) && t->session->end >= 0)
        (void)SSL_shutdown(t->session->ssl);
    ERR_clear_error();
    SSL_free(t->session->ssl);
    free(t->session);
}

static const struct transport_ops tls_ops = {
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .is_over = tls_is_over,
    .refusal = tls_refusal,
    .close = tls_close,
};

int
tls_begin(struct transport *t, struct tls_server *server, int fd)
{
    struct transport_session *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return error_origin(-ENOMEM);
    s->settings = server->settings;
    s->end = 1;
    s->ssl = SSL_new(server->ctx);
    if (s->ssl == NULL || SSL_set_fd(s->ssl, fd) != 1) {
        SSL_free(s->ssl);
        free(s);
        return error_origin(-ENOMEM);
    }
    SSL_set_app_data(s->ssl, s);
    *t = (struct transport){.ops = &tls_ops, .fd = fd, .session = s};
    return 0;
}
