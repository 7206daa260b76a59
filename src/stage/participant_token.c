/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7515 (JWS), RFC 7519 (JWT). */
#include "stage/participant_token.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/json_writer.h"
#include "base/mem.h"
#include "base/sha256.h"

#define CURVE       "P-384"
#define SCALAR_SIZE 48
#define POINT_SIZE  (1 + 2 * SCALAR_SIZE) /* uncompressed */
#define SIGNATURE   (2 * SCALAR_SIZE)     /* R and S, RFC 7518, 3.4 */
#define PAYLOAD_MAX 8192
#define DER_MAX     128

struct token_key {
    EVP_PKEY *key;
    const char *kid;
};

/* --- the key --- */

/* 64 bytes from the secret, reduced modulo the group's order: the bias is beyond notice. */
static BIGNUM *derive_scalar(const uint8_t secret[TOKEN_SECRET_SIZE], const EC_GROUP *group)
{
    uint8_t wide[2 * SHA256_SIZE];
    BIGNUM *scalar = BN_new(), *number;
    BN_CTX *ctx = BN_CTX_new();

    hmac_sha256(wide, secret, TOKEN_SECRET_SIZE, "scalar 1", 8);
    hmac_sha256(wide + SHA256_SIZE, secret, TOKEN_SECRET_SIZE, "scalar 2", 8);
    number = BN_bin2bn(wide, sizeof(wide), NULL);
    if (!BN_mod(scalar, number, EC_GROUP_get0_order(group), ctx) || BN_is_zero(scalar)) {
        BN_clear_free(scalar);
        scalar = NULL;
    }
    BN_clear_free(number);
    BN_CTX_free(ctx);
    return scalar;
}

static bool derive_point(uint8_t out[POINT_SIZE], const EC_GROUP *group, const BIGNUM *scalar)
{
    EC_POINT *point = EC_POINT_new(group);
    bool is_done = EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) &&
                   EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, POINT_SIZE,
                                      NULL) == POINT_SIZE;

    EC_POINT_free(point);
    return is_done;
}

static EVP_PKEY *make_key(const BIGNUM *scalar, const uint8_t point[POINT_SIZE])
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params;
    EVP_PKEY *key = NULL;

    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, CURVE, 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_SIZE);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
    params = OSSL_PARAM_BLD_to_param(builder);
    if (EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

int token_key_create(struct token_key **out, const uint8_t secret[TOKEN_SECRET_SIZE],
                     const char *kid)
{
    struct token_key *key = mem_zalloc(sizeof(*key));
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp384r1);
    BIGNUM *scalar = group ? derive_scalar(secret, group) : NULL;
    uint8_t point[POINT_SIZE];
    int err = 0;

    key->kid = mem_strdup(kid);
    if (scalar && derive_point(point, group, scalar))
        key->key = make_key(scalar, point);
    if (key->key) {
        *out = key;
        key = NULL;
    } else {
        err = -EIO;
    }
    BN_clear_free(scalar);
    EC_GROUP_free(group);
    token_key_destroy(key);
    return err;
}

void token_key_destroy(struct token_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    mem_free((char *)key->kid);
    mem_free(key);
}

/* --- signatures: R and S as they are in a JWS, not as OpenSSL's DER --- */

static bool der_to_raw(uint8_t raw[SIGNATURE], const uint8_t *der, size_t len)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool is_done = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, SCALAR_SIZE) > 0 &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + SCALAR_SIZE, SCALAR_SIZE) > 0;

    ECDSA_SIG_free(signature);
    return is_done;
}

static int raw_to_der(uint8_t der[DER_MAX], const uint8_t raw[SIGNATURE])
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    int len;

    ECDSA_SIG_set0(signature, BN_bin2bn(raw, SCALAR_SIZE, NULL),
                   BN_bin2bn(raw + SCALAR_SIZE, SCALAR_SIZE, NULL));
    len = i2d_ECDSA_SIG(signature, &der);
    ECDSA_SIG_free(signature);
    return len;
}

static int sign(uint8_t raw[SIGNATURE], const struct token_key *key, const char *text,
                size_t text_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t der[DER_MAX];
    size_t len = sizeof(der);
    bool is_done = EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key->key) > 0 &&
                   EVP_DigestSign(ctx, der, &len, (const uint8_t *)text, text_len) > 0 &&
                   der_to_raw(raw, der, len);

    EVP_MD_CTX_free(ctx);
    return is_done ? 0 : -EIO;
}

bool token_key_verifies(const struct token_key *key, const char *token)
{
    const char *dot = strrchr(token, '.');
    uint8_t raw[SIGNATURE + 3], der[DER_MAX];
    EVP_MD_CTX *ctx;
    bool is_right;
    size_t len;
    int der_len;

    if (!dot || strlen(dot + 1) != BASE64URL_LEN(SIGNATURE) ||
        base64url_decode(raw, &len, dot + 1, strlen(dot + 1)) || len != SIGNATURE)
        return false;
    der_len = raw_to_der(der, raw);
    ctx = EVP_MD_CTX_new();
    is_right = der_len > 0 && EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key->key) > 0 &&
               EVP_DigestVerify(ctx, der, (size_t)der_len, (const uint8_t *)token,
                                (size_t)(dot - token)) == 1;
    EVP_MD_CTX_free(ctx);
    return is_right;
}

/* --- tokens --- */

static void write_payload(struct json_writer *w, const struct participant_token *token)
{
    write_object(w, NULL);
    write_int(w, "exp", token->expires_s);
    write_int(w, "iat", token->issued_s);
    write_string(w, "jti", token->participant_id);
    write_string(w, "resource", token->stage_arn);
    write_string(w, "topic", strrchr(token->stage_arn, '/') + 1);
    write_string(w, "events_url", token->events_url);
    write_string(w, "whip_url", token->whip_url);
    if (token->user_id)
        write_string(w, "user_id", token->user_id);
    if (token->attributes)
        write_json(w, "attributes", token->attributes);
    write_object(w, "capabilities");
    write_bool(w, "allow_publish", token->allows_publish);
    write_bool(w, "allow_subscribe", token->allows_subscribe);
    write_object_end(w);
    write_string(w, "version", "1.0");
    write_object_end(w);
}

static char *encode(struct arena *arena, const void *data, size_t len)
{
    char *text = arena_alloc(arena, BASE64URL_LEN(len) + 1);

    base64url_encode(text, data, len);
    return text;
}

int participant_token_sign(const char **out, struct arena *arena, const struct token_key *key,
                           const struct participant_token *token)
{
    const char *header =
        arena_printf(arena, "{\"alg\":\"ES384\",\"typ\":\"JWT\",\"kid\":\"%s\"}", key->kid);
    uint8_t raw[SIGNATURE];
    struct json_writer w;
    struct buf payload;
    const char *text;
    int err;

    buf_init(&payload, PAYLOAD_MAX);
    json_writer_init(&w, &payload);
    write_payload(&w, token);
    err = payload.err;
    if (err)
        goto out;
    text = arena_printf(arena, "%s.%s", encode(arena, header, strlen(header)),
                        encode(arena, payload.data, payload.len));
    err = sign(raw, key, text, strlen(text));
    if (!err)
        *out = arena_printf(arena, "%s.%s", text, encode(arena, raw, sizeof(raw)));
out:
    buf_clear(&payload);
    return err;
}
