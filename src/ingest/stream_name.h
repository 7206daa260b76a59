/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder is told by its user as server and stream key, taken apart.
 * Thread: any; pure function. */
#ifndef INGEST_STREAM_NAME_H
#define INGEST_STREAM_NAME_H

#define STREAM_NAME_MAX 1024

struct stream_name {
    char key[STREAM_NAME_MAX];
    char query[STREAM_NAME_MAX]; /* "" if none */
};

/* `name` is what publish asks for, `app` the application of connect. The key is the last part of
 * the name's path, or of the application's when the name is empty: some users put everything into
 * the server's URL. The query may stand behind either. -EMSGSIZE if too long. */
int stream_name_parse(struct stream_name *out, const char *app, const char *name);

#endif
