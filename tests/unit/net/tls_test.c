/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS port from outside, with OpenSSL's client. */
#include "net/tls_context.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "http_fixture.h"
#include "net/self_signed.h"

static struct http_fixture fixture;
static char dir[32];
static const char *const names[] = { "localhost", "127.0.0.1", "::1" };
static char rtmp_first[32];
static struct stream_socket *rtmp_socket;

static void on_rtmp_close(int err, void *ctx)
{
}

static void on_rtmp(struct stream_socket *socket, const uint8_t *first, size_t len, void *ctx)
{
    static const struct stream_socket_events events = { .on_close = on_rtmp_close };
    struct slice answer = { .data = (const uint8_t *)"rtmp", .len = 4 };

    rtmp_socket = socket;
    snprintf(rtmp_first, sizeof(rtmp_first), "%.*s", (int)len, (const char *)first);
    stream_socket_set_events(socket, &events, NULL);
    stream_socket_write(socket, &answer, 1);
    stream_socket_close(socket, 1000);
}

static int start(void **state)
{
    struct tls_context_config config = { .dir = dir, .names = names, .name_count = 3 };

    snprintf(dir, sizeof(dir), "/tmp/weir-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    memset(&fixture, 0, sizeof(fixture));
    assert_int_equal(tls_context_create(&fixture.tls, &config), 0);
    fixture.config.on_rtmp = on_rtmp;
    fixture.config.patience.first_ms = 300;
    http_fixture_start(&fixture);
    return 0;
}

static int stop(void **state)
{
    char command[64];

    http_fixture_stop(&fixture);
    tls_context_destroy(fixture.tls);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

/* --- the client --- */

struct client {
    SSL_CTX *settings;
    SSL *ssl;
    int fd;
};

/* `alpn` is one name, or "". 0, or -1 if the handshake fails. */
static int open_client(struct client *client, const char *alpn, int version, const char *ca)
{
    unsigned char offer[16];

    client->settings = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(client->settings, version);
    SSL_CTX_set_security_level(client->settings, 0);
    if (ca) {
        assert_int_equal(SSL_CTX_load_verify_locations(client->settings, ca, NULL), 1);
        SSL_CTX_set_verify(client->settings, SSL_VERIFY_PEER, NULL);
    }
    client->ssl = SSL_new(client->settings);
    if (ca)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(client->ssl), "127.0.0.1");
    if (*alpn) {
        offer[0] = (unsigned char)strlen(alpn);
        memcpy(offer + 1, alpn, offer[0]);
        SSL_set_alpn_protos(client->ssl, offer, offer[0] + 1u);
    }
    client->fd = client_connect(fixture.port);
    SSL_set_fd(client->ssl, client->fd);
    return SSL_connect(client->ssl) == 1 ? 0 : -1;
}

static void close_client(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->settings);
    client_close(client->fd);
}

static const char *exchange(struct client *client, const char *request)
{
    static char answer[1000];
    int len = 0, got;

    assert_int_equal(SSL_write(client->ssl, request, (int)strlen(request)), strlen(request));
    memset(answer, 0, sizeof(answer));
    while ((got = SSL_read(client->ssl, answer + len, (int)sizeof(answer) - 1 - len)) > 0)
        len += got;
    return answer;
}

#define REQUEST "GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"

static void expect_alpn(const struct client *client, const char *expected)
{
    const unsigned char *name;
    unsigned int len;

    SSL_get0_alpn_selected(client->ssl, &name, &len);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(name, expected, len);
}

/* --- promises --- */

static void answers_http1_to_whom_alpn_says_so(void **state)
{
    struct client client;

    assert_int_equal(open_client(&client, "http/1.1", TLS1_3_VERSION, NULL), 0);
    expect_alpn(&client, "http/1.1");
    assert_contains(exchange(&client, REQUEST), "hello");
    close_client(&client);
}

static void answers_http1_without_alpn(void **state)
{
    struct client client;

    assert_int_equal(open_client(&client, "", TLS1_3_VERSION, NULL), 0);
    assert_contains(exchange(&client, REQUEST), "hello");
    close_client(&client);
}

static void speaks_http2_to_whom_alpn_says_so(void **state)
{
    static const char settings[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    struct client client;
    unsigned char frame[9];

    assert_int_equal(open_client(&client, "h2", TLS1_3_VERSION, NULL), 0);
    expect_alpn(&client, "h2");
    SSL_write(client.ssl, settings, sizeof(settings) - 1);
    assert_int_equal(SSL_read(client.ssl, frame, sizeof(frame)), sizeof(frame));
    assert_int_equal(frame[3], 4); /* SETTINGS comes first: RFC 9113 3.4 */
    close_client(&client);
}

static void hands_rtmp_over_with_its_first_bytes(void **state)
{
    struct client client;

    assert_int_equal(open_client(&client, "", TLS1_3_VERSION, NULL), 0);
    assert_string_equal(exchange(&client, "\x03 is C0"), "rtmp");
    assert_string_equal(rtmp_first, "\x03 is C0");
    close_client(&client);
}

static void takes_tls_12_but_not_11(void **state)
{
    struct client client;

    assert_int_equal(open_client(&client, "", TLS1_2_VERSION, NULL), 0);
    assert_contains(exchange(&client, REQUEST), "hello");
    close_client(&client);
    assert_int_equal(open_client(&client, "", TLS1_1_VERSION, NULL), -1);
    close_client(&client);
}

static void resumes_sessions_by_ticket(void **state)
{
    struct client first, second;
    SSL_SESSION *session;

    assert_int_equal(open_client(&first, "", TLS1_3_VERSION, NULL), 0);
    exchange(&first, REQUEST);
    session = SSL_get1_session(first.ssl);
    second.settings = SSL_CTX_new(TLS_client_method());
    second.ssl = SSL_new(second.settings);
    second.fd = client_connect(fixture.port);
    SSL_set_fd(second.ssl, second.fd);
    SSL_set_session(second.ssl, session);
    assert_int_equal(SSL_connect(second.ssl), 1);
    assert_true(SSL_session_reused(second.ssl));
    SSL_SESSION_free(session);
    close_client(&first);
    close_client(&second);
}

static void is_trusted_by_who_has_its_certificate(void **state)
{
    struct client client;

    assert_int_equal(open_client(&client, "", TLS1_3_VERSION, tls_context_cert_file(fixture.tls)),
                     0);
    close_client(&client);
}

static void closes_who_says_nothing(void **state)
{
    int silent = client_connect(fixture.port);
    struct client shaken;
    char byte;

    assert_int_equal(open_client(&shaken, "", TLS1_3_VERSION, NULL), 0);
    assert_string_equal(client_rest(silent), "");
    assert_true(SSL_read(shaken.ssl, &byte, 1) <= 0);
    client_close(silent);
    close_client(&shaken);
}

static int copy_of_serial(const char *file, char text[64])
{
    FILE *in = fopen(file, "r");
    X509 *cert = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;
    BIGNUM *number;
    char *hex;

    assert_non_null(cert);
    fclose(in);
    number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    hex = BN_bn2hex(number);
    snprintf(text, 64, "%s", hex);
    OPENSSL_free(hex);
    BN_free(number);
    X509_free(cert);
    return 0;
}

static void keeps_its_certificate_while_it_is_good(void **state)
{
    char before[64], after[64];

    copy_of_serial(tls_context_cert_file(fixture.tls), before);
    assert_int_equal(tls_context_reload(fixture.tls), 0);
    copy_of_serial(tls_context_cert_file(fixture.tls), after);
    assert_string_equal(before, after);
}

static void makes_another_for_other_names(void **state)
{
    static const char *const other[] = { "live.example.com" };
    char before[64], after[64], cert[64], key[64];
    struct stat status;

    snprintf(cert, sizeof(cert), "%s/tls-cert.pem", dir);
    snprintf(key, sizeof(key), "%s/tls-key.pem", dir);
    copy_of_serial(cert, before);
    assert_int_equal(self_signed_ensure(cert, key, other, 1), 0);
    copy_of_serial(cert, after);
    assert_string_not_equal(before, after);
    assert_int_equal(stat(key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void reloads_for_new_connections(void **state)
{
    static const char *const other[] = { "127.0.0.1" };
    char cert[64], key[64], old_cert[64], command[256];
    struct client client;

    snprintf(cert, sizeof(cert), "%s/tls-cert.pem", dir);
    snprintf(key, sizeof(key), "%s/tls-key.pem", dir);
    snprintf(old_cert, sizeof(old_cert), "%s/old-cert.pem", dir);
    snprintf(command, sizeof(command), "cp %s %s && rm %s", cert, old_cert, key);
    assert_int_equal(system(command), 0);
    assert_int_equal(self_signed_ensure(cert, key, other, 1), 0);
    assert_int_equal(open_client(&client, "", TLS1_3_VERSION, old_cert), 0);
    close_client(&client);
    assert_int_equal(tls_context_reload(fixture.tls), 0);
    assert_int_equal(open_client(&client, "", TLS1_3_VERSION, old_cert), -1);
    close_client(&client);
    assert_int_equal(open_client(&client, "", TLS1_3_VERSION, cert), 0);
    close_client(&client);
}

static void refuses_files_that_hold_no_certificate(void **state)
{
    struct tls_context_config missing = { .cert_file = "/nonexistent", .key_file = "/nonexistent" };
    struct tls_context_config nonsense = { .cert_file = "/proc/version",
                                           .key_file = "/proc/version" };
    struct tls_context *context;

    assert_int_equal(tls_context_create(&context, &missing), -ENOENT);
    assert_int_equal(tls_context_create(&context, &nonsense), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_http1_to_whom_alpn_says_so, start, stop),
        cmocka_unit_test_setup_teardown(answers_http1_without_alpn, start, stop),
        cmocka_unit_test_setup_teardown(speaks_http2_to_whom_alpn_says_so, start, stop),
        cmocka_unit_test_setup_teardown(hands_rtmp_over_with_its_first_bytes, start, stop),
        cmocka_unit_test_setup_teardown(takes_tls_12_but_not_11, start, stop),
        cmocka_unit_test_setup_teardown(resumes_sessions_by_ticket, start, stop),
        cmocka_unit_test_setup_teardown(is_trusted_by_who_has_its_certificate, start, stop),
        cmocka_unit_test_setup_teardown(closes_who_says_nothing, start, stop),
        cmocka_unit_test_setup_teardown(keeps_its_certificate_while_it_is_good, start, stop),
        cmocka_unit_test_setup_teardown(makes_another_for_other_names, start, stop),
        cmocka_unit_test_setup_teardown(reloads_for_new_connections, start, stop),
        cmocka_unit_test(refuses_files_that_hold_no_certificate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
