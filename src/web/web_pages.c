/* SPDX-License-Identifier: Apache-2.0 */
/* The pages are static files; only the playback URL of the channel is written into the watch page
 * as it goes out. */
#include "web/web_pages.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "net/http_server.h"
#include "web/web_files.h"

#define WATCH_PREFIX "/watch/"
#define FILE_PREFIX  "/web/"
#define PLACEHOLDER  "{{playback-url}}"
#define PAGE_MAX     (256 * 1024)
#define ID_MAX       64

/* Scripts and styles are ours alone; media may come from any base that the playlists name, and
 * hls.js runs its demuxer in a worker made from a blob and tries out a data: URL. */
#define CONTENT_SECURITY_POLICY                                                                    \
    "default-src 'self'; connect-src *; media-src * blob: data:; worker-src 'self' blob:; "        \
    "object-src 'none'; base-uri 'none'"

struct reply {
    int status;
    const char *content_type;
    const char *etag;       /* NULL: none */
    const char *encoding;   /* NULL: as it is */
    const char *extra_name; /* NULL: none */
    const char *extra_value;
    struct slice body;
};

static struct http_header *add(struct http_header *header, const char *name, const char *value)
{
    if (!value)
        return header;
    *header = (struct http_header){ name, value };
    return header + 1;
}

static void send_reply(struct http_exchange *exchange, const struct reply *reply)
{
    struct http_header headers[8];
    struct http_header *end = headers;

    end = add(end, "content-type", reply->content_type);
    end = add(end, "cache-control", reply->etag ? "no-cache" : "no-store");
    end = add(end, "etag", reply->etag);
    end = add(end, "content-encoding", reply->encoding);
    end = add(end, "vary", reply->etag ? "accept-encoding" : NULL);
    end = add(end, "x-content-type-options", "nosniff");
    end = add(end, reply->extra_name, reply->extra_value);
    http_respond(exchange, &(struct http_response){
                               .status = reply->status,
                               .headers = headers,
                               .header_count = end - headers,
                               .body = &reply->body,
                               .body_count = reply->body.len > 0,
                           });
}

static void send_text(struct http_exchange *exchange, int status, const char *text)
{
    send_reply(exchange, &(struct reply){
                             .status = status,
                             .content_type = "text/plain; charset=utf-8",
                             .extra_name = status == 405 ? "allow" : NULL,
                             .extra_value = "GET, HEAD",
                             .body = { NULL, (const uint8_t *)text, strlen(text) },
                         });
}

/* True where the request says it takes gzip, and does not refuse it with a weight of zero. */
static bool takes_gzip(const struct http_request *request)
{
    const char *accepted = http_header(request, "accept-encoding");
    const char *gzip = accepted ? strstr(accepted, "gzip") : NULL;

    if (!gzip)
        return false;
    gzip += strlen("gzip");
    return strncmp(gzip, ";q=0", 4) != 0 || gzip[4] == '.';
}

static void send_file(struct http_exchange *exchange, const struct http_request *request,
                      const struct web_file *file)
{
    const char *known = http_header(request, "if-none-match");
    bool is_gzip = takes_gzip(request);
    struct reply reply = { .status = 200, .content_type = file->content_type, .etag = file->etag };

    if (known && strstr(known, file->etag)) {
        reply.status = 304;
    } else if (is_gzip) {
        reply.encoding = "gzip";
        reply.body = (struct slice){ NULL, file->gzip, file->gzip_len };
    } else {
        reply.body = (struct slice){ NULL, file->plain, file->plain_len };
    }
    send_reply(exchange, &reply);
}

/* Also keeps the page clean: what is not an id is never written into it. */
static bool is_channel_id(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)id[i]))
            return false;
    }
    return len > 0 && len <= ID_MAX;
}

static int write_watch_page(struct buf *page, const struct web_pages_config *config, const char *id)
{
    const struct web_file *file = web_file_find("watch.html");
    const char *start = (const char *)file->plain;
    const char *end = start + file->plain_len;
    const char *mark = memmem(start, file->plain_len, PLACEHOLDER, strlen(PLACEHOLDER));

    buf_append(page, start, mark - start);
    buf_printf(page, "/api/video/v1/%s.%s.channel.%s.m3u8", config->region, config->account, id);
    mark += strlen(PLACEHOLDER);
    buf_append(page, mark, end - mark);
    return page->err;
}

static void send_watch_page(struct http_exchange *exchange, const struct web_pages_config *config,
                            const char *id)
{
    struct buf page;

    buf_init(&page, PAGE_MAX);
    if (!is_channel_id(id))
        send_text(exchange, 404, "no such page\n");
    else if (write_watch_page(&page, config, id))
        send_text(exchange, 500, "the page is too large\n");
    else
        send_reply(exchange, &(struct reply){
                                 .status = 200,
                                 .content_type = "text/html; charset=utf-8",
                                 .extra_name = "content-security-policy",
                                 .extra_value = CONTENT_SECURITY_POLICY,
                                 .body = { NULL, page.data, page.len },
                             });
    buf_clear(&page);
}

bool web_pages_handle(const struct web_pages_config *config, struct http_exchange *exchange,
                      const struct http_request *request)
{
    bool is_watch = !strncmp(request->path, WATCH_PREFIX, strlen(WATCH_PREFIX));
    bool is_file = !strncmp(request->path, FILE_PREFIX, strlen(FILE_PREFIX));
    const struct web_file *file;

    if (!is_watch && !is_file)
        return false;
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
        send_text(exchange, 405, "only GET and HEAD\n");
    } else if (is_watch) {
        send_watch_page(exchange, config, request->path + strlen(WATCH_PREFIX));
    } else {
        file = web_file_find(request->path + strlen(FILE_PREFIX));
        if (file && strcmp(file->name, "watch.html") != 0)
            send_file(exchange, request, file);
        else
            send_text(exchange, 404, "no such file\n");
    }
    return true;
}
