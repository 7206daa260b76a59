/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL reads from and writes to a BIO of our own over memory that the caller lends for the
 * length of a call: a session at rest holds no buffers, and many records leave in one system call.
 */
#include "net/tls_session.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "net/tls_context.h"

struct tls_session {
    SSL *ssl;
    const uint8_t *input;
    size_t input_len;
    struct tls_output *output; /* during a call */
};

/* --- the BIO --- */

static int bio_read(BIO *bio, char *out, size_t size, size_t *len)
{
    struct tls_session *session = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (!session->input_len) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *len = size < session->input_len ? size : session->input_len;
    memcpy(out, session->input, *len);
    session->input += *len;
    session->input_len -= *len;
    return 1;
}

static int bio_write(BIO *bio, const char *data, size_t len, size_t *written)
{
    struct tls_session *session = BIO_get_data(bio);
    struct tls_output *output = session->output;

    BIO_clear_retry_flags(bio);
    if (!output || len > output->size - output->len)
        return 0;
    memcpy(output->data + output->len, data, len);
    output->len += len;
    *written = len;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lent memory");
    BIO_meth_set_read_ex(method, bio_read);
    BIO_meth_set_write_ex(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
}

static BIO *make_bio(struct tls_session *session)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BIO *bio;

    pthread_once(&once, make_method);
    bio = BIO_new(method);
    if (bio) {
        BIO_set_data(bio, session);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* --- the session --- */

struct tls_session *tls_session_create(struct tls_context *context)
{
    struct tls_session *session = mem_zalloc(sizeof(*session));
    SSL_CTX *settings = tls_context_current(context);
    BIO *bio = make_bio(session);

    session->ssl = SSL_new(settings);
    SSL_CTX_free(settings);
    if (!bio || !session->ssl) {
        BIO_free(bio);
        tls_session_destroy(session);
        return NULL;
    }
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_accept_state(session->ssl);
    return session;
}

void tls_session_destroy(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    mem_free(session);
}

void tls_session_feed(struct tls_session *session, const uint8_t *data, size_t len)
{
    session->input = data;
    session->input_len = len;
}

size_t tls_session_unread(const struct tls_session *session)
{
    return session->input_len;
}

/* Of a call that did not succeed. */
static int error_of(struct tls_session *session, int result)
{
    int error = SSL_get_error(session->ssl, result);

    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ)
        return -EAGAIN;
    return error == SSL_ERROR_ZERO_RETURN ? 0 : -EPROTO;
}

ssize_t tls_session_read(struct tls_session *session, uint8_t *out, size_t size,
                         struct tls_output *records)
{
    size_t len = 0;
    int result;

    session->output = records;
    ERR_clear_error();
    result = SSL_read_ex(session->ssl, out, size, &len);
    if (result != 1) {
        result = error_of(session, result);
        session->output = NULL;
        return result;
    }
    session->output = NULL;
    return (ssize_t)len;
}

bool tls_session_is_ready(const struct tls_session *session)
{
    return SSL_is_init_finished(session->ssl);
}

int tls_session_write(struct tls_session *session, const uint8_t *data, size_t len,
                      struct tls_output *records)
{
    size_t written;
    int result;

    session->output = records;
    ERR_clear_error();
    result = SSL_write_ex(session->ssl, data, len, &written);
    session->output = NULL;
    ERR_clear_error();
    return result == 1 ? 0 : -EPROTO;
}

void tls_session_goodbye(struct tls_session *session, struct tls_output *records)
{
    session->output = records;
    if (SSL_is_init_finished(session->ssl))
        SSL_shutdown(session->ssl);
    ERR_clear_error();
    session->output = NULL;
}

const char *tls_session_alpn(const struct tls_session *session)
{
    const unsigned char *name;
    unsigned int len;

    SSL_get0_alpn_selected(session->ssl, &name, &len);
    if (len == 2 && !memcmp(name, "h2", 2))
        return "h2";
    return len == 8 && !memcmp(name, "http/1.1", 8) ? "http/1.1" : "";
}
