/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5280. An end-entity certificate, not a CA: a client that trusts it trusts this server and
 * nothing that this key might sign. 397 days is the longest that browsers take. */
#include "net/self_signed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"

#define VALID_DAYS ((long)397)
#define RENEW_DAYS ((long)30)
#define DAY_S      ((long)24 * 3600)
#define NAMES_MAX  4096

static bool is_address(const char *name)
{
    unsigned char address[16];

    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

/* "DNS:localhost,IP:127.0.0.1" */
static char *alternative_names(const char *const *names, size_t count)
{
    struct buf text;
    char *out;

    buf_init(&text, NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s:%s", i ? "," : "", is_address(names[i]) ? "IP" : "DNS", names[i]);
    out = mem_strdup(buf_str(&text));
    buf_clear(&text);
    return out;
}

/* --- what is there already --- */

static X509 *read_cert(const char *file)
{
    FILE *in = fopen(file, "re");
    X509 *cert = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;

    if (in)
        fclose(in);
    return cert;
}

static EVP_PKEY *read_key(const char *file)
{
    FILE *in = fopen(file, "re");
    EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;

    if (in)
        fclose(in);
    return key;
}

static bool has_name(X509 *cert, const char *name)
{
    return is_address(name) ? X509_check_ip_asc(cert, name, 0) == 1
                            : X509_check_host(cert, name, 0, 0, NULL) == 1;
}

static bool is_usable(const char *cert_file, const char *key_file, const char *const *names,
                      size_t name_count)
{
    X509 *cert = read_cert(cert_file);
    EVP_PKEY *key = read_key(key_file);
    time_t renewal = time(NULL) + RENEW_DAYS * DAY_S;
    bool is_good = cert && key && X509_check_private_key(cert, key) == 1 &&
                   X509_cmp_time(X509_get0_notAfter(cert), &renewal) > 0;

    for (size_t i = 0; is_good && i < name_count; i++)
        is_good = has_name(cert, names[i]);
    X509_free(cert);
    EVP_PKEY_free(key);
    return is_good;
}

/* --- making a new one --- */

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    bool is_added;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    is_added = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool set_names(X509 *cert, const char *alternatives)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      (const unsigned char *)"Weir, self-signed", -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 &&
           add_extension(cert, NID_subject_alt_name, alternatives);
}

static bool set_purpose(X509 *cert)
{
    return add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth") &&
           add_extension(cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, NID_authority_key_identifier, "keyid:always");
}

static bool set_serial(X509 *cert)
{
    unsigned char random[16];
    BIGNUM *number;
    bool is_set;

    id_random(random, sizeof(random));
    random[0] &= 0x7f; /* RFC 5280 4.1.2.2: positive */
    number = BN_bin2bn(random, sizeof(random), NULL);
    is_set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return is_set;
}

/* NULL if OpenSSL refuses a name. Returns owned. */
static X509 *make_cert(EVP_PKEY *key, const char *alternatives)
{
    X509 *cert = X509_new();

    if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) && /* clocks differ */
        X509_gmtime_adj(X509_getm_notAfter(cert), (VALID_DAYS - 1) * DAY_S) &&
        X509_set_pubkey(cert, key) == 1 && set_names(cert, alternatives) && set_purpose(cert) &&
        X509_sign(cert, key, EVP_sha256()))
        return cert;
    X509_free(cert);
    return NULL;
}

/* --- files: written beside and renamed, so that none is ever half --- */

static int write_pem(const char *file, mode_t mode, X509 *cert, EVP_PKEY *key)
{
    char *temporary = mem_printf("%s.new", file);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    bool is_written =
        out && (cert ? PEM_write_X509(out, cert)
                     : PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL)) == 1;
    int err = is_written ? 0 : errno ? -errno : -EIO;

    if (out && fclose(out) && !err)
        err = -errno;
    if (!err && rename(temporary, file))
        err = -errno;
    if (err)
        log_error("tls", "cannot write the certificate: file=%s err=%s", file, err_str(err));
    mem_free(temporary);
    return err;
}

int self_signed_ensure(const char *cert_file, const char *key_file, const char *const *names,
                       size_t name_count)
{
    char *alternatives = NULL;
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    int err = 0;

    if (is_usable(cert_file, key_file, names, name_count))
        goto out;
    alternatives = alternative_names(names, name_count);
    key = EVP_EC_gen("P-256");
    cert = key ? make_cert(key, alternatives) : NULL;
    if (!cert) {
        log_error("tls", "cannot make a certificate: names=%s", alternatives);
        err = -EINVAL;
        goto out;
    }
    err = write_pem(key_file, 0600, NULL, key);
    if (!err)
        err = write_pem(cert_file, 0644, cert, NULL);
    if (!err)
        log_info("tls", "self-signed certificate made: file=%s names=%s", cert_file, alternatives);
out:
    X509_free(cert);
    EVP_PKEY_free(key);
    mem_free(alternatives);
    return err;
}
