/* SPDX-License-Identifier: Apache-2.0 */
/* A reload makes a whole new SSL_CTX and exchanges the pointer: connections keep the one they began
 * with, by OpenSSL's reference count. */
#include "net/tls_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/self_signed.h"

struct tls_context {
    char *cert_file;
    char *key_file;
    bool is_self_signed;
    char **names;
    size_t name_count;
    pthread_mutex_t lock; /* lock guards: current */
    SSL_CTX *current;
};

/* RFC 7301: our preference decides. Who offers neither may still speak RTMP or HTTP/1.1. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned int offered_len, void *ctx)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";

    if (SSL_select_next_proto((unsigned char **)out, out_len, ours, sizeof(ours) - 1, offered,
                              offered_len) == OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_OK;
    return SSL_TLSEXT_ERR_NOACK;
}

static void set_policy(SSL_CTX *ssl)
{
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);         /* idle connections keep no 34 kB */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF); /* tickets need no memory here */
    SSL_CTX_set_session_id_context(ssl, (const unsigned char *)"weir", 4);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
}

static int load_files(SSL_CTX *ssl, const struct tls_context *context)
{
    unsigned long code;
    char reason[160];

    if (SSL_CTX_use_certificate_chain_file(ssl, context->cert_file) == 1 &&
        SSL_CTX_use_PrivateKey_file(ssl, context->key_file, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(ssl) == 1)
        return 0;
    code = ERR_get_error();
    ERR_clear_error();
    ERR_error_string_n(code, reason, sizeof(reason));
    log_error("tls", "certificate or key unusable: cert=%s key=%s err=%s", context->cert_file,
              context->key_file, reason);
    return ERR_SYSTEM_ERROR(code) ? -ERR_GET_REASON(code) : -EINVAL;
}

int tls_context_reload(struct tls_context *context)
{
    SSL_CTX *made = SSL_CTX_new(TLS_server_method()), *old;
    int err = 0;

    if (!made)
        return -ENOMEM;
    set_policy(made);
    if (context->is_self_signed)
        err = self_signed_ensure(context->cert_file, context->key_file,
                                 (const char *const *)context->names, context->name_count);
    if (!err)
        err = load_files(made, context);
    if (err) {
        SSL_CTX_free(made);
        return err;
    }
    pthread_mutex_lock(&context->lock);
    old = context->current;
    context->current = made;
    pthread_mutex_unlock(&context->lock);
    SSL_CTX_free(old);
    return 0;
}

int tls_context_create(struct tls_context **out, const struct tls_context_config *config)
{
    struct tls_context *context = mem_zalloc(sizeof(*context));
    int err;

    pthread_mutex_init(&context->lock, NULL);
    context->is_self_signed = !config->cert_file;
    if (context->is_self_signed) {
        context->cert_file = mem_printf("%s/tls-cert.pem", config->dir);
        context->key_file = mem_printf("%s/tls-key.pem", config->dir);
    } else {
        context->cert_file = mem_strdup(config->cert_file);
        context->key_file = mem_strdup(config->key_file);
    }
    context->names = mem_alloc((config->name_count + 1) * sizeof(*context->names));
    for (; context->name_count < config->name_count; context->name_count++)
        context->names[context->name_count] = mem_strdup(config->names[context->name_count]);
    err = tls_context_reload(context);
    if (err)
        goto out;
    *out = context;
    context = NULL;
out:
    tls_context_destroy(context);
    return err;
}

void tls_context_destroy(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->current);
    for (size_t i = 0; i < context->name_count; i++)
        mem_free(context->names[i]);
    mem_free(context->names);
    mem_free(context->cert_file);
    mem_free(context->key_file);
    pthread_mutex_destroy(&context->lock);
    mem_free(context);
}

const char *tls_context_cert_file(const struct tls_context *context)
{
    return context->cert_file;
}

SSL_CTX *tls_context_current(struct tls_context *context)
{
    SSL_CTX *ssl;

    pthread_mutex_lock(&context->lock);
    ssl = context->current;
    SSL_CTX_up_ref(ssl);
    pthread_mutex_unlock(&context->lock);
    return ssl;
}
