/* SPDX-License-Identifier: Apache-2.0 */
/* GetClientConfiguration and FindIngest as encoders ask them: without a signature. */
#include "api_fixture.h"

#include <stdio.h>

#include "store/multitrack_key.h"

#define ENABLED                                                                                    \
    "\"containerFormat\":\"FRAGMENTED_MP4\",\"multitrackInputConfiguration\":{\"enabled\":true,"   \
    "\"policy\":\"ALLOW\",\"maximumResolution\":\"HD\"}"
/* OBS Studio 31 */
#define CANVAS                                                                                     \
    "\"width\":1920,\"height\":1080,\"canvas_width\":2560,\"canvas_height\":1440,"                 \
    "\"framerate\":{\"numerator\":60,\"denominator\":1}"
#define NVIDIA                                                                                     \
    "\"gpu\":[{\"model\":\"x\",\"vendor_id\":4318,\"device_id\":1,\"dedicated_video_memory\":1,"   \
    "\"shared_system_memory\":1,\"driver_version\":null}]"

static char text[4096];

static const char *question(const char *key, const char *capabilities, const char *preferences)
{
    snprintf(text, sizeof(text),
             "{\"service\":\"IVS\",\"schema_version\":\"2024-06-04\",\"authentication\":\"%s\","
             "\"client\":{\"name\":\"obs-studio\",\"version\":\"31.0.0\",\"supported_codecs\":"
             "[\"h264\"]},\"capabilities\":{%s},\"preferences\":{\"vod_track_audio\":false,"
             "\"maximum_aggregate_bitrate\":null,%s}}",
             key, capabilities, preferences);
    return text;
}

static void ask(struct api_fixture *f, const char *body)
{
    const struct http_request request = {
        .method = "POST",
        .target = "/api/v3/GetClientConfiguration",
        .path = "/api/v3/GetClientConfiguration",
        .query = "",
        .host = "localhost",
        .peer = "192.0.2.1",
        .body = (const uint8_t *)body,
        .body_len = strlen(body),
    };

    assert_int_equal(api_serve_request(f, &request), 200);
}

static void assert_refused(struct api_fixture *f, const char *words)
{
    assert_string_equal(answer_text(f, "status.result"), "error");
    assert_non_null(strstr(answer_text(f, "status.html_en_us"), words));
    assert_int_equal(json_array_size(answer_at(f, "encoder_configurations")), 0);
    assert_int_equal(json_array_size(answer_at(f, "ingest_endpoints")), 0);
}

static const char *make_channel(struct api_fixture *f, const char *members)
{
    assert_int_equal(api_call(f, "CreateChannel", "{%s}", members), 200);
    return arena_strdup(f->arena, answer_text(f, "streamKey.value"));
}

static int64_t number_at(struct api_fixture *f, const char *path)
{
    return json_integer_value(answer_at(f, path));
}

static void tells_what_to_send_and_where_to(void **state)
{
    struct api_fixture *f = *state;
    const char *key = make_channel(f, ENABLED);

    ask(f, question(key, NVIDIA, CANVAS));
    assert_null(json_object_get(f->answer, "status"));
    assert_string_equal(answer_text(f, "meta.service"), "IVS");
    assert_string_equal(answer_text(f, "meta.schema_version"), "2024-06-04");
    assert_int_equal(json_array_size(answer_at(f, "ingest_endpoints")), 1); /* no clear ingest */
    assert_string_equal(answer_text(f, "ingest_endpoints.0.protocol"), "RTMPS");
    assert_string_equal(answer_text(f, "ingest_endpoints.0.url_template"),
                        "rtmps://127.0.0.1:4443/app/{stream_key}");
    assert_int_equal(json_array_size(answer_at(f, "encoder_configurations")), 4);
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "jim_nvenc");
    assert_int_equal(number_at(f, "encoder_configurations.0.width"), 1280);
    assert_int_equal(number_at(f, "encoder_configurations.0.height"), 720);
    assert_int_equal(number_at(f, "encoder_configurations.0.framerate.numerator"), 60);
    assert_int_equal(number_at(f, "encoder_configurations.0.settings.bitrate"), 2500);
    assert_int_equal(number_at(f, "encoder_configurations.0.bitrate_interpolation_points.0"), 2500);
    assert_int_equal(number_at(f, "encoder_configurations.0.settings.bf"), 0);
    assert_int_equal(number_at(f, "encoder_configurations.1.framerate.denominator"), 2);
    assert_string_equal(answer_text(f, "audio_configurations.live.0.codec"), "aac");
    assert_int_equal(number_at(f, "audio_configurations.live.0.track_id"), 0);
    assert_int_equal(number_at(f, "audio_configurations.live.0.settings.bitrate"), 160);
    assert_string_not_equal(answer_text(f, "ingest_endpoints.0.authentication"), key);
}

static void its_key_says_what_was_answered(void **state)
{
    struct api_fixture *f = *state;
    uint8_t secret[STORE_KEY_SIZE];
    struct multitrack_grant grant;

    ask(f, question(make_channel(f, ENABLED), NVIDIA, CANVAS));
    store_derive_key(f->store, MULTITRACK_KEY_PURPOSE, secret);
    assert_int_equal(multitrack_key_read(&grant, secret,
                                         answer_text(f, "ingest_endpoints.0.authentication"),
                                         clock_wall_ms()),
                     0);
    assert_string_equal(grant.config_id, answer_text(f, "meta.config_id"));
    assert_int_equal(grant.until_ms / 1000, (clock_wall_ms() + MULTITRACK_KEY_LIFETIME_MS) / 1000);
    assert_int_equal(grant.config.count, 4);
    assert_int_equal(grant.config.tracks[3].width, 284);
    assert_int_equal(grant.config.tracks[3].bitrate_kbps, 200);
}

/* Schema 2025-01-25 has canvases and names of encoders; without a card the processor encodes. */
static void understands_newer_clients(void **state)
{
    struct api_fixture *f = *state;
    const char *key = make_channel(f, ENABLED ",\"insecureIngest\":true");

    ask(f, question(key, "", "\"canvases\":[{" CANVAS "}],\"maximum_video_tracks\":10"));
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "obs_x264");
    assert_int_equal(json_array_size(answer_at(f, "encoder_configurations")), 3);
    assert_string_equal(answer_text(f, "ingest_endpoints.1.protocol"), "RTMP");

    snprintf(text, sizeof(text),
             "{\"service\":\"IVS\",\"schema_version\":\"2025-01-25\",\"authentication\":\"%s?x=1\","
             "\"client\":{\"supported_codecs\":[\"h264\"],\"supported_encoders\":[\"obs_x264\","
             "\"obs_nvenc_h264_tex\"]},\"preferences\":{\"canvases\":[{" CANVAS "}]}}",
             key);
    ask(f, text);
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "obs_nvenc_h264_tex");
    assert_string_equal(answer_text(f, "meta.schema_version"), "2025-01-25");
}

/* All that OBS Studio 31.1 posts, with two canvases of its own; null where it knows nothing. */
static const char whole_question[] =
    "{\"service\":\"IVS\",\"schema_version\":\"2025-01-25\",\"authentication\":\"%s\","
    "\"client\":{\"name\":\"obs-studio\",\"version\":\"31.1.0\",\"supported_codecs\":[\"av1\","
    "\"h265\",\"h264\"]%s},"
    "\"capabilities\":{\"cpu\":{\"physical_cores\":8,\"logical_cores\":16,\"speed\":3800,"
    "\"name\":\"Some "
    "\\\"CPU\\\"\"},\"memory\":{\"total\":34276204544,\"free\":17179869184},"
    "\"gaming_features\":{\"game_bar_enabled\":null,\"game_dvr_allowed\":true,"
    "\"game_dvr_enabled\":false,\"game_dvr_bg_recording\":false,\"game_mode_enabled\":null,"
    "\"hags_enabled\":true},"
    "\"system\":{\"version\":\"10.0\",\"name\":\"Windows\",\"build\":26100,\"release\":\"24H2\","
    "\"revision\":\"4349\",\"bits\":64,\"arm\":false,\"armEmulation\":false},"
    "\"gpu\":[{\"model\":\"Onboard\",\"vendor_id\":32902,\"device_id\":42880,"
    "\"dedicated_video_memory\":134217728,\"shared_system_memory\":17138102272,"
    "\"driver_version\":\"32.0.101.6651\"},{\"model\":\"Card\",\"vendor_id\":4318,"
    "\"device_id\":9988,\"dedicated_video_memory\":12630097920,"
    "\"shared_system_memory\":17138102272,\"driver_version\":null}]},"
    "\"preferences\":{\"maximum_aggregate_bitrate\":null,\"maximum_video_tracks\":null,"
    "\"vod_track_audio\":%s,\"composition_gpu_index\":1,\"audio_samples_per_sec\":48000,"
    "\"audio_channels\":2,\"audio_max_buffering_ms\":960,\"audio_fixed_buffering\":false,"
    "\"canvases\":[{\"width\":1280,\"height\":720,\"canvas_width\":1920,\"canvas_height\":1080,"
    "\"framerate\":{\"numerator\":60,\"denominator\":1}},{\"width\":1080,\"height\":1920,"
    "\"canvas_width\":1080,\"canvas_height\":1920,\"framerate\":{\"numerator\":60,"
    "\"denominator\":1}}]}}";

static void ask_as_obs(struct api_fixture *f, const char *key, const char *encoders,
                       const char *wants_vod)
{
    snprintf(text, sizeof(text), whole_question, key, encoders, wants_vod);
    ask(f, text);
}

/* Of the encoders that it lists, those that it has kept for older settings are left out. */
static void answers_all_that_obs_asks(void **state)
{
    struct api_fixture *f = *state;
    const char *key = make_channel(f, ENABLED);

    ask_as_obs(f, key,
               ",\"supported_encoders\":[\"obs_x264\",\"ffmpeg_aac\",\"obs_nvenc_h264_tex\","
               "\"obs_nvenc_hevc_tex\",\"obs_nvenc_av1_tex\",\"obs_qsv11_v2\",\"CoreAudio_AAC\"]",
               "false");
    assert_null(json_object_get(f->answer, "status"));
    assert_string_equal(answer_text(f, "meta.schema_version"), "2025-01-25");
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "obs_nvenc_h264_tex");
    assert_string_equal(answer_text(f, "encoder_configurations.0.settings.preset"), "p5");
    assert_true(
        json_is_true(answer_at(f, "encoder_configurations.0.settings.adaptive_quantization")));
    assert_int_equal(number_at(f, "encoder_configurations.0.canvas_index"), 0);
    assert_int_equal(number_at(f, "encoder_configurations.0.width"), 1280);
    assert_int_equal(json_array_size(answer_at(f, "encoder_configurations")), 4);

    ask_as_obs(f, key, "", "false"); /* 31.0 lists no encoders: the second card is NVIDIA's */
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "jim_nvenc");
    assert_string_equal(answer_text(f, "encoder_configurations.0.settings.preset2"), "p5");
}

/* It would find no encoder for it in the answer, and only say that something is missing. */
static void says_that_there_is_no_second_audio_track(void **state)
{
    struct api_fixture *f = *state;

    ask_as_obs(f, make_channel(f, ENABLED), "", "true");
    assert_refused(f, "switch the VOD track off");
}

static const char *question_of_codecs(const char *key, const char *client, const char *more)
{
    snprintf(text, sizeof(text),
             "{\"service\":\"IVS\",\"schema_version\":\"2025-01-25\",\"authentication\":\"%s\","
             "\"client\":{%s},\"preferences\":{\"canvases\":[{" CANVAS "}]%s}}",
             key, client, more);
    return text;
}

static void offers_hevc_to_who_has_it(void **state)
{
    struct api_fixture *f = *state;
    const char *key = make_channel(f, ENABLED);

    ask(f, question_of_codecs(key,
                              "\"supported_codecs\":[\"h265\"],\"supported_encoders\":["
                              "\"obs_nvenc_hevc_tex\"]",
                              ""));
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "obs_nvenc_hevc_tex");
    assert_string_equal(answer_text(f, "encoder_configurations.3.type"), "obs_nvenc_hevc_tex");
    assert_string_equal(answer_text(f, "encoder_configurations.0.settings.profile"), "main");
    assert_int_equal(number_at(f, "encoder_configurations.0.settings.bitrate"), 1500);

    ask(f, question_of_codecs(key,
                              "\"supported_codecs\":[\"h264\",\"h265\"],"
                              "\"supported_encoders\":[\"jim_nvenc\",\"jim_hevc_nvenc\"]",
                              ",\"maximum_aggregate_bitrate\":3300"));
    assert_string_equal(answer_text(f, "encoder_configurations.0.type"), "jim_hevc_nvenc");
    assert_int_equal(number_at(f, "encoder_configurations.0.height"), 720);
    assert_string_equal(answer_text(f, "encoder_configurations.1.type"), "jim_nvenc");
    assert_string_equal(answer_text(f, "encoder_configurations.1.settings.profile"), "high");
}

static void says_what_is_wrong(void **state)
{
    struct api_fixture *f = *state;
    const char *key = make_channel(f, ENABLED);

    ask(f, "no JSON");
    assert_refused(f, "");
    ask(f, "{\"service\":\"<b>\"}");
    assert_refused(f, "");
    assert_null(strchr(answer_text(f, "status.html_en_us"), '<'));
    ask(f, question("sk_us-west-2_nobody", "", CANVAS));
    assert_refused(f, "The stream key is not valid");
    ask(f, question(key, "", "\"width\":1280"));
    assert_refused(f, "canvas");
    ask(f, question(key, "",
                    "\"width\":1280,\"height\":720,\"framerate\":{\"numerator\":15,"
                    "\"denominator\":1}"));
    assert_refused(f, "frame rate");
    ask(f, question_of_codecs(key, "\"supported_codecs\":[\"h265\"]", "")); /* no card */
    assert_refused(f, "H.264, or H.265 with an NVIDIA card");
    ask(f, question_of_codecs(key, "\"supported_codecs\":[\"av1\"]", ""));
    assert_refused(f, "H.264, or H.265");
    ask(f, question(make_channel(f, ""), "", CANVAS));
    assert_refused(f, "not enabled");
    assert_int_equal(api_call(f, "ListChannels", "{}"), 200);
}

static void slows_down_who_asks_too_often(void **state)
{
    struct api_fixture *f = *state;

    api_fixture_restart(f, NULL, false);
    for (int i = 0; i < 20; i++)
        ask(f, "{}");
    assert_refused(f, "Too many requests");
    clock_advance_us(5000000);
    ask(f, "{}");
    assert_null(strstr(answer_text(f, "status.html_en_us"), "Too many"));
}

static void finds_the_ingest(void **state)
{
    struct api_fixture *f = *state;
    const struct http_request request = {
        .method = "GET",
        .target = "/api/v2/FindIngest",
        .path = "/api/v2/FindIngest",
        .query = "",
        .host = "localhost",
        .peer = "192.0.2.1",
    };

    assert_int_equal(api_serve_request(f, &request), 200);
    assert_string_equal(answer_text(f, "ingests.0.url_template"),
                        "rtmp://127.0.0.1:1935/app/{stream_key}");
    assert_string_equal(answer_text(f, "ingests.0.url_template_secure"),
                        "rtmps://127.0.0.1:4443/app/{stream_key}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        API_TEST(tells_what_to_send_and_where_to),
        API_TEST(its_key_says_what_was_answered),
        API_TEST(understands_newer_clients),
        API_TEST(answers_all_that_obs_asks),
        API_TEST(says_that_there_is_no_second_audio_track),
        API_TEST(says_what_is_wrong),
        API_TEST(offers_hevc_to_who_has_it),
        API_TEST(slows_down_who_asks_too_often),
        API_TEST(finds_the_ingest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
