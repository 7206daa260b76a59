/* SPDX-License-Identifier: Apache-2.0 */
/* Amazon IVS Broadcast Software Integration API, as OBS Studio asks it (frontend/utility,
 * "GoLiveApi"; two schemas: 2024-06-04 has one canvas among the preferences, 2025-01-25 a list of
 * them). Whatever goes wrong is answered with 200 and told in `status`, for the encoder to show. */
#include "api/client_api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/encoder_choice.h"
#include "api/input.h"
#include "api/rate.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "store/multitrack_key.h"

#define TAG                 "client-api"
#define CONFIGURATION_PATH  "/api/v3/GetClientConfiguration"
#define INGEST_PATH         "/api/v2/FindIngest"
#define ASKS_PER_SECOND     5.0 /* of one address */
#define ANSWER_MAX          ((size_t)64 * 1024)
#define KEYINT_S            2
#define NVIDIA              4318 /* PCI vendor id */
#define SOFTWARE_TRACKS_MAX 3    /* a processor does more than encode */

/* --- what is asked --- */

struct rate_input {
    const int64_t *numerator, *denominator;
};

struct canvas_input {
    const int64_t *width, *height, *canvas_width, *canvas_height;
    const struct rate_input *framerate;
};

struct preferences_input {
    struct canvas_input canvas; /* schema 2024-06-04 */
    const struct input_list *canvases;
    const int64_t *bandwidth_kbps, *aggregate_kbps, *tracks;
    const int *resolution;
    const bool *wants_vod_audio;
};

struct client_input {
    const struct input_list *codecs, *encoders;
};

struct gpu_input {
    const int64_t *vendor;
};

struct capabilities_input {
    const struct input_list *gpus;
};

struct configuration_input {
    const char *service, *schema_version, *authentication;
    const struct client_input *client;
    const struct capabilities_input *capabilities;
    const struct preferences_input *preferences;
};

/* clang-format off */
#define AT(member) offsetof(struct rate_input, member)
static const struct field rate_fields[] = {
    { "numerator",   FIELD_INT, AT(numerator),   true, .min = 1, .max = 65535 },
    { "denominator", FIELD_INT, AT(denominator), true, .min = 1, .max = 32767 },
    { 0 },
};
#undef AT

#define CANVAS(at)                                                                                 \
    { "width",         FIELD_INT, (at) + offsetof(struct canvas_input, width),                     \
      .min = 1, .max = 65535 },                                                                    \
    { "height",        FIELD_INT, (at) + offsetof(struct canvas_input, height),                    \
      .min = 1, .max = 65535 },                                                                    \
    { "canvas_width",  FIELD_INT, (at) + offsetof(struct canvas_input, canvas_width),              \
      .min = 1, .max = 65535 },                                                                    \
    { "canvas_height", FIELD_INT, (at) + offsetof(struct canvas_input, canvas_height),             \
      .min = 1, .max = 65535 },                                                                    \
    { "framerate",     FIELD_STRUCT, (at) + offsetof(struct canvas_input, framerate),              \
      .fields = rate_fields, .size = sizeof(struct rate_input) }

static const struct field canvas_fields[] = { CANVAS(0), { 0 } };
static const struct field canvas_item = { "canvas", FIELD_STRUCT, .fields = canvas_fields,
                                          .size = sizeof(struct canvas_input) };

#define AT(member) offsetof(struct preferences_input, member)
static const struct field preferences_fields[] = {
    CANVAS(AT(canvas)),
    { "canvases",                    FIELD_LIST, AT(canvases), .max = 16, .item = &canvas_item },
    { "maximum_streaming_bandwidth", FIELD_INT,  AT(bandwidth_kbps), .min = 0, .max = INT32_MAX },
    { "maximum_aggregate_bitrate",   FIELD_INT,  AT(aggregate_kbps), .min = 0, .max = INT32_MAX },
    { "maximum_video_tracks",        FIELD_INT,  AT(tracks), .min = 0, .max = 1000 },
    { "maximum_resolution",          FIELD_ENUM, AT(resolution),
      .one_of = multitrack_resolution_names },
    { "vod_track_audio",             FIELD_BOOL, AT(wants_vod_audio) },
    { 0 },
};
#undef AT

static const struct field name_item = { "name", FIELD_STRING, .max = 100 };
static const struct field client_fields[] = {
    { "supported_codecs",   FIELD_LIST, offsetof(struct client_input, codecs), .max = 100,
      .item = &name_item },
    { "supported_encoders", FIELD_LIST, offsetof(struct client_input, encoders), .max = 200,
      .item = &name_item },
    { 0 },
};

static const struct field gpu_fields[] = {
    { "vendor_id", FIELD_INT, offsetof(struct gpu_input, vendor) },
    { 0 },
};
static const struct field gpu_item = { "gpu", FIELD_STRUCT, .fields = gpu_fields,
                                       .size = sizeof(struct gpu_input) };
static const struct field capabilities_fields[] = {
    { "gpu", FIELD_LIST, offsetof(struct capabilities_input, gpus), .max = 32, .item = &gpu_item },
    { 0 },
};

#define AT(member) offsetof(struct configuration_input, member)
static const struct field configuration_fields[] = {
    { "service",        FIELD_STRING, AT(service),        true, .max = 32 },
    { "schema_version", FIELD_STRING, AT(schema_version), true, .max = 32 },
    { "authentication", FIELD_STRING, AT(authentication), true, true, .min = 1, .max = 1024 },
    { "client",       FIELD_STRUCT, AT(client), true, .fields = client_fields,
      .size = sizeof(struct client_input) },
    { "capabilities", FIELD_STRUCT, AT(capabilities), .fields = capabilities_fields,
      .size = sizeof(struct capabilities_input) },
    { "preferences",  FIELD_STRUCT, AT(preferences), true, .fields = preferences_fields,
      .size = sizeof(struct preferences_input) },
    { 0 },
};
#undef AT
/* clang-format on */

/* --- one question --- */

/* What an OBS encoder is called, and how its settings are. */
enum encoder_family { ENCODER_NVENC, ENCODER_X264 };

struct ask {
    struct api *api;
    struct arena *arena;
    const struct http_request *request;
    const struct configuration_input *input;
    struct channel channel;
    struct multitrack_grant grant;
    char key[MULTITRACK_KEY_SIZE];
    const char *encoder; /* its id in OBS; of H.264; NULL: it has none */
    enum encoder_family family;
    const char *hevc_encoder; /* NULL: it has none */
    const char *error;        /* in words; NULL: none */
};

static bool has_name(const struct input_list *list, const char *name)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (list->items[i] && !strcmp(list->items[i], name))
            return true;
    return false;
}

static bool has_gpu(const struct ask *ask, int64_t vendor)
{
    const struct capabilities_input *capabilities = ask->input->capabilities;
    const struct input_list *gpus = capabilities ? capabilities->gpus : NULL;

    for (size_t i = 0; gpus && i < gpus->count; i++) {
        const struct gpu_input *gpu = gpus->items[i];
        if (gpu && gpu->vendor && *gpu->vendor == vendor)
            return true;
    }
    return false;
}

static bool has_codec(const struct ask *ask, const char *codec)
{
    return has_name(ask->input->client->codecs, codec);
}

/* Newer clients say which encoders they have; of others it is told by the graphics card. Every OBS
 * has x264. */
static void choose_encoder(struct ask *ask)
{
    const struct input_list *encoders = ask->input->client->encoders;

    ask->family = ENCODER_NVENC;
    if (!has_codec(ask, "h264"))
        ask->encoder = NULL;
    else if (has_name(encoders, "obs_nvenc_h264_tex"))
        ask->encoder = "obs_nvenc_h264_tex";
    else if (encoders ? has_name(encoders, "jim_nvenc") : has_gpu(ask, NVIDIA))
        ask->encoder = "jim_nvenc";
    else {
        ask->encoder = "obs_x264";
        ask->family = ENCODER_X264;
    }
}

/* HEVC takes a card: a processor that encodes it has no time for anything else. */
static const char *choose_hevc_encoder(struct ask *ask)
{
    const struct input_list *encoders = ask->input->client->encoders;

    if (!has_codec(ask, "h265"))
        return NULL;
    if (has_name(encoders, "obs_nvenc_hevc_tex"))
        return "obs_nvenc_hevc_tex";
    if (encoders ? has_name(encoders, "jim_hevc_nvenc") : has_gpu(ask, NVIDIA))
        return "jim_hevc_nvenc";
    return NULL;
}

static const char *escape_html(struct arena *arena, const char *text)
{
    struct buf out;
    const char *copy;

    buf_init(&out, ANSWER_MAX / 4);
    for (; *text; text++) {
        if (*text == '<')
            buf_append_str(&out, "&lt;");
        else if (*text == '&')
            buf_append_str(&out, "&amp;");
        else
            buf_append_u8(&out, (uint8_t)*text);
    }
    copy = arena_strdup(arena, buf_str(&out));
    buf_clear(&out);
    return copy;
}

static const char *read_question(struct ask *ask)
{
    const struct http_request *request = ask->request;
    struct input_source source = { .body = (const char *)request->body,
                                   .body_len = request->body_len,
                                   .query = "" };
    const void *input = NULL;
    const char *message;

    if (request->body_len > INPUT_BODY_MAX)
        return "The request is too large";
    if (input_read(&input, ask->arena, configuration_fields, sizeof(struct configuration_input),
                   &source, &message))
        return escape_html(ask->arena, message);
    ask->input = input;
    if (strcmp(ask->input->service, "IVS") != 0)
        return "The service must be IVS";
    if (bool_or(ask->input->preferences->wants_vod_audio, false))
        return "One audio track is taken: switch the VOD track off";
    choose_encoder(ask);
    ask->hevc_encoder = choose_hevc_encoder(ask);
    if (!ask->encoder && !ask->hevc_encoder)
        return "The encoder must support H.264, or H.265 with an NVIDIA card";
    return NULL;
}

/* A key may have parameters behind it, as users write them. */
static const char *find_channel(struct ask *ask)
{
    const char *text = ask->input->authentication;
    const char *key = arena_strndup(ask->arena, text, strcspn(text, "?"));
    struct store *store = ask->api->config.store;
    struct resource resource;
    int err = store_find_secret(store, ask->arena, STREAM_KEY_TYPE, key, &resource);

    if (err == -ENOENT)
        return "The stream key is not valid";
    if (!err && strlen(resource.arn) < sizeof(ask->grant.stream_key_arn)) {
        snprintf(ask->grant.stream_key_arn, sizeof(ask->grant.stream_key_arn), "%s", resource.arn);
        err = store_get(store, ask->arena, resource.parent, &resource);
    }
    if (!err)
        err = channel_read(&ask->channel, ask->arena, &resource);
    if (err) {
        log_error(TAG, "stream key not checked: err=%s", err_str(err));
        return "The server cannot check stream keys now, try again";
    }
    return ask->channel.multitrack.is_enabled ? NULL
                                              : "Multitrack video is not enabled for this channel";
}

static int least(const int64_t *a, const int64_t *b)
{
    int64_t x = int_or(a, 0), y = int_or(b, 0);

    if (!x || !y)
        return (int)(x ? x : y);
    return (int)(x < y ? x : y);
}

static const struct canvas_input *canvas_of(const struct preferences_input *preferences)
{
    const struct input_list *canvases = preferences->canvases;

    return canvases && canvases->count && canvases->items[0] ? canvases->items[0]
                                                             : &preferences->canvas;
}

static const char *choose_tracks(struct ask *ask)
{
    const struct preferences_input *preferences = ask->input->preferences;
    const struct canvas_input *canvas = canvas_of(preferences);
    const int64_t *width = canvas->width ? canvas->width : canvas->canvas_width;
    const int64_t *height = canvas->height ? canvas->height : canvas->canvas_height;
    int resolution = ask->channel.multitrack.maximum_resolution;
    struct encoder_wish wish = {
        .kbps_max = least(preferences->bandwidth_kbps, preferences->aggregate_kbps),
        .tracks_max = (int)int_or(preferences->tracks, 0),
        .has_h264 = ask->encoder != NULL,
        .has_hevc = ask->hevc_encoder != NULL,
    };

    if (!width || !height || !canvas->framerate)
        return "The request does not tell the canvas and its frame rate";
    wish.width = (int)*width;
    wish.height = (int)*height;
    wish.fps_num = (int)*canvas->framerate->numerator;
    wish.fps_den = (int)*canvas->framerate->denominator;
    wish.resolution_max = enum_or(preferences->resolution, resolution);
    if ((int)wish.resolution_max > resolution)
        wish.resolution_max = resolution;
    if (ask->family == ENCODER_X264 && (!wish.tracks_max || wish.tracks_max > SOFTWARE_TRACKS_MAX))
        wish.tracks_max = SOFTWARE_TRACKS_MAX;
    return encoder_choose(&ask->grant.config, &wish);
}

static void make_key(struct ask *ask)
{
    uint8_t secret[STORE_KEY_SIZE];

    store_derive_key(ask->api->config.store, MULTITRACK_KEY_PURPOSE, secret);
    id_uuid(ask->grant.config_id);
    ask->grant.until_ms = clock_wall_ms() + MULTITRACK_KEY_LIFETIME_MS;
    multitrack_key_make(ask->key, secret, &ask->grant);
    explicit_bzero(secret, sizeof(secret));
}

static const char *decide(struct ask *ask)
{
    struct rates *rates = ask->api->rates;
    const char *bucket = arena_printf(ask->arena, "client/%s", ask->request->peer);
    const char *error;

    if (rates && rates_take(rates, bucket, ASKS_PER_SECOND, clock_mono_us()))
        return "Too many requests, try again in a moment";
    error = read_question(ask);
    if (!error)
        error = find_channel(ask);
    if (error)
        return error;
    error = choose_tracks(ask);
    if (!error)
        make_key(ask);
    return error;
}

/* --- what is answered --- */

static void write_endpoint(struct ask *ask, struct json_writer *w, const char *protocol,
                           const char *url)
{
    write_object(w, NULL);
    write_string(w, "protocol", protocol);
    write_string(w, "url_template", arena_printf(ask->arena, "%s/{stream_key}", url));
    write_string(w, "authentication", ask->key);
    write_object_end(w);
}

/* In the order of preference. */
static void write_endpoints(struct ask *ask, struct json_writer *w)
{
    const struct api_config *config = &ask->api->config;

    write_array(w, "ingest_endpoints");
    if (!ask->error && *config->rtmps_url)
        write_endpoint(ask, w, "RTMPS", config->rtmps_url);
    if (!ask->error && *config->rtmp_url && ask->channel.allows_insecure_ingest)
        write_endpoint(ask, w, "RTMP", config->rtmp_url);
    write_array_end(w);
}

/* No B-frames: the tracks' IDRs are then decoded, too, at the same times. */
static void write_settings(struct json_writer *w, const struct ask *ask,
                           const struct multitrack_track *track)
{
    bool is_hevc = track->codec == VIDEO_HEVC;
    enum encoder_family family = is_hevc ? ENCODER_NVENC : ask->family;

    write_object(w, "settings");
    write_string(w, "rate_control", "CBR");
    write_int(w, "bitrate", track->bitrate_kbps);
    write_int(w, "keyint_sec", KEYINT_S);
    write_int(w, "bf", 0);
    if (family == ENCODER_NVENC) {
        write_string(w, "profile", is_hevc ? "main" : "high");
        write_string(w, "preset", "p5");
        write_string(w, "preset2", "p5");
        write_string(w, "tune", "ll");
        write_bool(w, "lookahead", false);
        write_bool(w, "psycho_aq", true);
        write_bool(w, "adaptive_quantization", true); /* what OBS 31 calls it */
    } else {
        write_string(w, "profile", "main");
        write_string(w, "preset", "veryfast");
        write_string(w, "tune", "zerolatency");
        write_string(w, "x264opts", "bframes=0 scenecut=0");
    }
    write_object_end(w);
}

static void write_track(struct json_writer *w, const struct ask *ask,
                        const struct multitrack_track *track)
{
    write_object(w, NULL);
    write_string(w, "type", track->codec == VIDEO_HEVC ? ask->hevc_encoder : ask->encoder);
    write_int(w, "width", track->width);
    write_int(w, "height", track->height);
    write_object(w, "framerate");
    write_int(w, "numerator", track->fps_num);
    write_int(w, "denominator", track->fps_den);
    write_object_end(w);
    write_string(w, "gpu_scale_type", "OBS_SCALE_BICUBIC");
    write_string(w, "colorspace", "VIDEO_CS_709");
    write_string(w, "range", "VIDEO_RANGE_PARTIAL");
    write_string(w, "format", "VIDEO_FORMAT_NV12");
    write_int(w, "canvas_index", 0);
    write_array(w, "bitrate_interpolation_points");
    write_int(w, NULL, track->bitrate_kbps);
    write_array_end(w);
    write_settings(w, ask, track);
    write_object_end(w);
}

static void write_tracks(struct json_writer *w, const struct ask *ask)
{
    write_array(w, "encoder_configurations");
    for (int i = 0; !ask->error && i < ask->grant.config.count; i++)
        write_track(w, ask, &ask->grant.config.tracks[i]);
    write_array_end(w);
}

static void write_audio(struct json_writer *w, const struct ask *ask)
{
    write_object(w, "audio_configurations");
    write_array(w, "live");
    if (!ask->error) {
        write_object(w, NULL);
        write_string(w, "codec", "aac");
        write_int(w, "track_id", 0); /* ordinary RTMP audio */
        write_int(w, "channels", 2);
        write_object(w, "settings");
        write_int(w, "bitrate", MULTITRACK_AUDIO_KBPS);
        write_object_end(w);
        write_object_end(w);
    }
    write_array_end(w);
    write_array(w, "vod");
    write_array_end(w);
    write_object_end(w);
}

static void write_configuration(struct ask *ask, struct json_writer *w)
{
    write_object(w, NULL);
    write_object(w, "meta");
    write_string(w, "config_id", ask->grant.config_id);
    write_string(w, "service", "IVS");
    write_string(w, "schema_version", ask->input ? ask->input->schema_version : "2024-06-04");
    write_object_end(w);
    if (ask->error) {
        write_object(w, "status");
        write_string(w, "result", "error");
        write_string(w, "html_en_us", ask->error);
        write_object_end(w);
    }
    write_endpoints(ask, w);
    write_tracks(w, ask);
    write_audio(w, ask);
    write_object_end(w);
}

static void get_configuration(struct api *api, struct arena *arena,
                              const struct http_request *request, struct json_writer *w)
{
    struct ask *ask = arena_zalloc(arena, sizeof(*ask));

    ask->api = api;
    ask->arena = arena;
    ask->request = request;
    ask->error = decide(ask);
    log_info(TAG, "client configuration: peer=%s channel=%s tracks=%d config=%s error=%s",
             request->peer, ask->channel.arn ? ask->channel.arn : "", ask->grant.config.count,
             ask->grant.config_id, ask->error ? ask->error : "");
    write_configuration(ask, w);
}

static void find_ingest(struct api *api, struct arena *arena, const struct http_request *request,
                        struct json_writer *w)
{
    const char *rtmp = api->config.rtmp_url, *rtmps = api->config.rtmps_url;

    write_object(w, NULL);
    write_array(w, "ingests");
    if (*rtmp || *rtmps) {
        write_object(w, NULL);
        write_int(w, "_id", 1);
        write_string(w, "name", api->config.region);
        write_bool(w, "default", true);
        write_int(w, "availability", 1);
        write_int(w, "priority", 1);
        write_string(w, "url_template", *rtmp ? arena_printf(arena, "%s/{stream_key}", rtmp) : "");
        write_string(w, "url_template_secure",
                     *rtmps ? arena_printf(arena, "%s/{stream_key}", rtmps) : "");
        write_object_end(w);
    }
    write_array_end(w);
    write_object_end(w);
}

/* --- over HTTP --- */

struct endpoint {
    const char *method, *path;
    void (*run)(struct api *api, struct arena *arena, const struct http_request *request,
                struct json_writer *w);
};

static const struct endpoint endpoints[] = {
    { "POST", CONFIGURATION_PATH, get_configuration },
    { "GET", INGEST_PATH, find_ingest },
};

bool client_api_serve(struct api *api, struct arena *arena, const struct http_request *request,
                      struct api_reply *out)
{
    static const struct http_header headers[] = {
        { "content-type", "application/json" },
        { "cache-control", "no-store" },
        { "access-control-allow-origin", "*" },
        { "x-content-type-options", "nosniff" },
    };
    struct json_writer w;
    struct buf body;

    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
        if (strcmp(endpoints[i].path, request->path) != 0 ||
            strcmp(endpoints[i].method, request->method) != 0)
            continue;
        buf_init(&body, ANSWER_MAX);
        json_writer_init(&w, &body);
        endpoints[i].run(api, arena, request, &w);
        *out = (struct api_reply){ .status = 200,
                                   .headers = headers,
                                   .header_count = ARRAY_LEN(headers),
                                   .body_len = body.len,
                                   .body = arena_strdup(arena, buf_str(&body)) };
        buf_clear(&body);
        return true;
    }
    return false;
}
