/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM (NIST SP 800-38D) with random nonces. A sealed secret is
 *     nonce 12 | ciphertext | tag 16
 * with the owner's name as additional data. The keys for this and for look-ups are derived from
 * the one in the file with HMAC-SHA256. */
#include "store/secret_box.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/mem.h"
#include "store/key_file.h"

#define NONCE 12
#define TAG   16

struct secret_box {
    uint8_t master[SECRET_BOX_KEY];
    uint8_t seal_key[SECRET_BOX_KEY];
    EVP_CIPHER *cipher;
    EVP_MAC *hmac;
    EVP_MAC_CTX *lookup; /* keyed; duplicated for each use */
};

static int init_lookup(struct secret_box *box)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", (char *)"SHA256", 0),
                            OSSL_PARAM_construct_end() };
    uint8_t key[SECRET_BOX_KEY];
    int ok;

    secret_box_derive(box, "lookup", key);
    box->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    box->lookup = EVP_MAC_CTX_new(box->hmac);
    ok = box->lookup && EVP_MAC_init(box->lookup, key, sizeof(key), params);
    OPENSSL_cleanse(key, sizeof(key));
    return ok ? 0 : -ENOMEM;
}

int secret_box_create(struct secret_box **out, const char *path)
{
    struct secret_box *box = mem_zalloc(sizeof(*box));
    int err = key_file_load(path, box->master);

    if (err)
        goto out;
    secret_box_derive(box, "seal", box->seal_key);
    box->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    err = box->cipher ? init_lookup(box) : -ENOMEM;
    if (err)
        goto out;
    *out = box;
    box = NULL;
out:
    secret_box_destroy(box);
    return err;
}

void secret_box_destroy(struct secret_box *box)
{
    if (!box)
        return;
    EVP_MAC_CTX_free(box->lookup);
    EVP_MAC_free(box->hmac);
    EVP_CIPHER_free(box->cipher);
    OPENSSL_cleanse(box, sizeof(*box));
    mem_free(box);
}

void secret_box_derive(const struct secret_box *box, const char *purpose,
                       uint8_t out[SECRET_BOX_KEY])
{
    HMAC(EVP_sha256(), box->master, sizeof(box->master), (const uint8_t *)purpose, strlen(purpose),
         out, NULL);
}

uint8_t *secret_box_seal(const struct secret_box *box, const char *owner, const char *text,
                         size_t *len)
{
    size_t text_len = strlen(text);
    uint8_t *sealed = mem_alloc(NONCE + text_len + TAG);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    id_random(sealed, NONCE);
    EVP_EncryptInit_ex2(ctx, box->cipher, box->seal_key, sealed, NULL);
    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)owner, (int)strlen(owner));
    EVP_EncryptUpdate(ctx, sealed + NONCE, &n, (const uint8_t *)text, (int)text_len);
    EVP_EncryptFinal_ex(ctx, sealed + NONCE + text_len, &n);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, sealed + NONCE + text_len);
    EVP_CIPHER_CTX_free(ctx);
    *len = NONCE + text_len + TAG;
    return sealed;
}

int secret_box_open(const struct secret_box *box, struct arena *arena, const char *owner,
                    const uint8_t *sealed, size_t len, char **out)
{
    size_t text_len = len - NONCE - TAG;
    EVP_CIPHER_CTX *ctx;
    char *text;
    int ok, n;

    if (len < NONCE + TAG)
        return -EBADMSG;
    text = arena_alloc(arena, text_len + 1);
    ctx = EVP_CIPHER_CTX_new();
    ok = EVP_DecryptInit_ex2(ctx, box->cipher, box->seal_key, sealed, NULL) &&
         EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)owner, (int)strlen(owner)) &&
         EVP_DecryptUpdate(ctx, (uint8_t *)text, &n, sealed + NONCE, (int)text_len) &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, (void *)(sealed + len - TAG)) &&
         EVP_DecryptFinal_ex(ctx, (uint8_t *)text + text_len, &n) > 0;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok)
        return -EBADMSG;
    text[text_len] = '\0';
    *out = text;
    return 0;
}

void secret_box_lookup(const struct secret_box *box, const char *kind, const char *secret,
                       uint8_t out[SECRET_BOX_LOOKUP])
{
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(box->lookup);
    uint8_t digest[32];
    size_t len;

    EVP_MAC_update(ctx, (const uint8_t *)kind, strlen(kind) + 1);
    EVP_MAC_update(ctx, (const uint8_t *)secret, strlen(secret));
    EVP_MAC_final(ctx, digest, &len, sizeof(digest));
    EVP_MAC_CTX_free(ctx);
    memcpy(out, digest, SECRET_BOX_LOOKUP);
}
