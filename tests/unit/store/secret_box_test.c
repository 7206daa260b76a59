/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_box.h"

#include "store_fixture.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"

struct place {
    char dir[64];
    char path[80];
    struct secret_box *box;
    struct arena *arena;
};

static int setup(void **state)
{
    struct place *p = mem_zalloc(sizeof(*p));

    strcpy(p->dir, "/tmp/weir-box-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof(p->path), "%s/secret.key", p->dir);
    assert_int_equal(secret_box_create(&p->box, p->path), 0);
    p->arena = arena_create();
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    arena_destroy(p->arena);
    secret_box_destroy(p->box);
    fixture_remove_dir(p->dir);
    mem_free(p);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static void opens_what_it_sealed_after_a_restart(void **state)
{
    struct place *p = *state;
    size_t len;
    uint8_t *sealed = secret_box_seal(p->box, "owner", "passphrase", &len);
    char *text;

    secret_box_destroy(p->box);
    p->box = NULL;
    assert_int_equal(secret_box_create(&p->box, p->path), 0);
    assert_int_equal(secret_box_open(p->box, p->arena, "owner", sealed, len, &text), 0);
    assert_string_equal(text, "passphrase");
    mem_free(sealed);
}

static void seals_the_same_secret_differently_each_time(void **state)
{
    struct place *p = *state;
    size_t len;
    uint8_t *a = secret_box_seal(p->box, "owner", "secret", &len);
    uint8_t *b = secret_box_seal(p->box, "owner", "secret", &len);

    assert_memory_not_equal(a, b, 12);
    assert_memory_not_equal(a + 12, b + 12, len - 12);
    assert_null(memmem(a, len, "secret", 6));
    mem_free(a);
    mem_free(b);
}

static void opens_for_nobody_else_and_nothing_changed(void **state)
{
    struct place *p = *state;
    size_t len;
    uint8_t *sealed = secret_box_seal(p->box, "owner", "secret", &len);
    char *text;

    assert_int_equal(secret_box_open(p->box, p->arena, "other", sealed, len, &text), -EBADMSG);
    for (size_t i = 0; i < len; i++) {
        sealed[i] ^= 1;
        assert_int_equal(secret_box_open(p->box, p->arena, "owner", sealed, len, &text), -EBADMSG);
        sealed[i] ^= 1;
    }
    for (size_t i = 0; i < len; i++)
        assert_int_equal(secret_box_open(p->box, p->arena, "owner", sealed, i, &text), -EBADMSG);
    mem_free(sealed);
}

/* The format as its comment tells it, opened with nothing but OpenSSL and the key file. */
static void the_format_is_the_one_described(void **state)
{
    struct place *p = *state;
    uint8_t key[32], plain[32];
    size_t len;
    uint8_t *sealed = secret_box_seal(p->box, "owner", "secret", &len);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    secret_box_derive(p->box, "seal", key);
    assert_int_equal(len, 12 + 6 + 16);
    EVP_DecryptInit(ctx, EVP_aes_256_gcm(), key, sealed);
    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)"owner", 5);
    EVP_DecryptUpdate(ctx, plain, &n, sealed + 12, 6);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, sealed + 18);
    assert_int_equal(EVP_DecryptFinal(ctx, plain + n, &n), 1);
    assert_memory_equal(plain, "secret", 6);
    EVP_CIPHER_CTX_free(ctx);
    mem_free(sealed);
}

static void looks_up_by_kind_and_whole_secret(void **state)
{
    struct place *p = *state;
    uint8_t a[SECRET_BOX_LOOKUP], b[SECRET_BOX_LOOKUP];

    secret_box_lookup(p->box, "stream-key", "sk_1", a);
    secret_box_lookup(p->box, "stream-key", "sk_1", b);
    assert_memory_equal(a, b, sizeof(a));
    secret_box_lookup(p->box, "stream-key", "sk_2", b);
    assert_memory_not_equal(a, b, sizeof(a));
    secret_box_lookup(p->box, "stream-keys", "k_1", b);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void refuses_a_key_file_that_others_may_read(void **state)
{
    struct place *p = *state;
    struct secret_box *box;

    chmod(p->path, 0640);
    assert_int_equal(secret_box_create(&box, p->path), -EACCES);
}

static void refuses_a_broken_key_file(void **state)
{
    static const char digits[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct place *p = *state;
    struct secret_box *box;
    char text[80];

    for (size_t len = 0; len < 64; len += 9) {
        snprintf(text, sizeof(text), "%.*s\n", (int)len, digits);
        write_file(p->path, text);
        assert_int_equal(secret_box_create(&box, p->path), -EINVAL);
    }
    snprintf(text, sizeof(text), "%s0\n", digits);
    write_file(p->path, text);
    assert_int_equal(secret_box_create(&box, p->path), -EINVAL);
    snprintf(text, sizeof(text), "x%s\n", digits + 1);
    write_file(p->path, text);
    assert_int_equal(secret_box_create(&box, p->path), -EINVAL);
    write_file(p->path, digits);
    assert_int_equal(secret_box_create(&box, p->path), 0);
    secret_box_destroy(box);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(opens_what_it_sealed_after_a_restart),
        TEST(seals_the_same_secret_differently_each_time),
        TEST(opens_for_nobody_else_and_nothing_changed),
        TEST(the_format_is_the_one_described),
        TEST(looks_up_by_kind_and_whole_secret),
        TEST(refuses_a_key_file_that_others_may_read),
        TEST(refuses_a_broken_key_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
