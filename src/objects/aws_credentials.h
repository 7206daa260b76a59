/* SPDX-License-Identifier: Apache-2.0 */
/* The server's own credentials at S3, found where the AWS SDKs look first: AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in the environment; else a profile (AWS_PROFILE,
 * "default") of the shared credentials file (AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials).
 * Thread: any. */
#ifndef OBJECTS_AWS_CREDENTIALS_H
#define OBJECTS_AWS_CREDENTIALS_H

struct arena;

struct aws_credentials {
    const char *access_key;
    const char *secret;
    const char *session_token; /* NULL: none */
};

/* Reads them anew, so that a file whose temporary keys are exchanged is followed. In the arena.
 * -ENOENT if there are none, -EINVAL if a key or token has no plain characters, otherwise why the
 * file cannot be read. */
int aws_credentials_load(struct aws_credentials *out, struct arena *arena);

/* The profile in a credentials file's text. -ENOENT if it has no key and secret there, -EINVAL as
 * above. */
int aws_credentials_parse(struct aws_credentials *out, struct arena *arena, const char *text,
                          const char *profile);

#endif
