/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_error.h"

/* clang-format off */
static const struct api_error_info catalogue[API_ERROR_COUNT] = {
    [API_VALIDATION]             = { "ValidationException", 400 },
    [API_ACCESS_DENIED]          = { "AccessDeniedException", 403 },
    [API_NOT_FOUND]              = { "ResourceNotFoundException", 404 },
    [API_NOT_BROADCASTING]       = { "ChannelNotBroadcasting", 404 },
    [API_QUOTA_EXCEEDED]         = { "ServiceQuotaExceededException", 402 },
    [API_CONFLICT]               = { "ConflictException", 409 },
    [API_THROTTLING]             = { "ThrottlingException", 429 },
    [API_INTERNAL]               = { "InternalServerException", 500 },
    [API_UNAVAILABLE]            = { "ServiceUnavailable", 503 },
    [API_STREAM_UNAVAILABLE]     = { "StreamUnavailable", 503 },
    [API_SERIALIZATION]          = { "SerializationException", 400 },
    [API_MISSING_AUTHENTICATION] = { "MissingAuthenticationTokenException", 403 },
    [API_INCOMPLETE_SIGNATURE]   = { "IncompleteSignatureException", 403 },
    [API_UNRECOGNIZED_CLIENT]    = { "UnrecognizedClientException", 403 },
    [API_EXPIRED_TOKEN]          = { "ExpiredTokenException", 403 },
    [API_INVALID_SIGNATURE]      = { "InvalidSignatureException", 403 },
    [API_UNKNOWN_OPERATION]      = { "UnknownOperationException", 404 },
    [API_REQUEST_TIMEOUT]        = { "RequestTimeoutException", 408 },
    [API_TOO_LARGE]              = { "RequestEntityTooLargeException", 413 },
    [API_NOT_IMPLEMENTED]        = { "NotImplementedException", 501 },
};
/* clang-format on */

const struct api_error_info *api_error_info(enum api_error error)
{
    return &catalogue[error];
}
