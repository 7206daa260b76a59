/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as JSON strings, made with openssl ecparam, and their fingerprints, with openssl pkey
 * | openssl md5 -c. */
#ifndef API_KEYS_H
#define API_KEYS_H

#define KEY_A                                                                                      \
    "-----BEGIN PUBLIC KEY-----\\n"                                                                \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE5xUqPNfU0rLsqPigdCTZuLTXuc3/"                                 \
    "oNP+\\nnD2gn4r3w6c3rMscXhb0kVb3w82klmAKLkLau5pI4rWrfNZWkP9zthEohZmdKaFF\\n5jFJw9zLJ6xMchv+"   \
    "Btvv+/aHzT5+uhzX\\n"                                                                          \
    "-----END PUBLIC KEY-----"
#define PRINT_A "67:38:f7:61:a7:a4:4a:61:bf:b2:44:95:88:86:7a:a5"
#define KEY_B                                                                                      \
    "-----BEGIN PUBLIC KEY-----\\r\\n"                                                             \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjBV1aIsWS3GH49ydlxV9IIdS/"                                    \
    "x5lwEYI\\r\\nwbUQ2Xsb4Tfv1f+bKUPqGrH75NYA1cC4+"                                               \
    "KGTW8hipKKPQLJAdDCvnOCgnBALHsFo\\r\\nw9VLnc2nG+54uRfojGJQs5whezDfDxku\\r\\n"                  \
    "-----END PUBLIC KEY-----\\r\\n"
#define PRINT_B "82:64:df:62:b5:ed:3f:73:14:ee:48:f7:54:a2:6a:68"
#define KEY_P256                                                                                   \
    "-----BEGIN PUBLIC KEY-----\\n"                                                                \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1U8KyYf+EH1R1/"                                           \
    "PBzRIvj7ni38W+\\nRlJff+JiQwF6SksLFqJI8raQ0H17iFpDGR9LKEnzhClTBVjTuoMIzQRWLA==\\n"             \
    "-----END PUBLIC KEY-----\\n"

#endif
