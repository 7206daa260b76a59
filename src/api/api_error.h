/* SPDX-License-Identifier: Apache-2.0 */
/* The error catalogue: what a call can be refused with, as the service descriptions and AWS's
 * common errors have it. */
#ifndef API_API_ERROR_H
#define API_API_ERROR_H

enum api_error {
    /* of the service descriptions */
    API_VALIDATION,
    API_ACCESS_DENIED,
    API_NOT_FOUND,
    API_NOT_BROADCASTING,
    API_QUOTA_EXCEEDED,
    API_CONFLICT,
    API_THROTTLING,
    API_INTERNAL,
    API_UNAVAILABLE,
    API_STREAM_UNAVAILABLE,
    /* of all services */
    API_SERIALIZATION,
    API_MISSING_AUTHENTICATION,
    API_INCOMPLETE_SIGNATURE,
    API_UNRECOGNIZED_CLIENT,
    API_EXPIRED_TOKEN,
    API_INVALID_SIGNATURE,
    API_UNKNOWN_OPERATION,
    API_REQUEST_TIMEOUT,
    API_TOO_LARGE,
    API_NOT_IMPLEMENTED,
    API_ERROR_COUNT,
};

struct api_error_info {
    const char *name; /* as in x-amzn-ErrorType */
    int status;
};

const struct api_error_info *api_error_info(enum api_error error);

#endif
