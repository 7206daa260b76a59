/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate_names.h"

#include <stdbool.h>
#include <string.h>
#include <uv.h>

#include "base/mem.h"
#include "config.h"

#define HOST_SIZE 256

static void add(struct certificate_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return;
    if (*name && names->count < CERTIFICATE_NAMES_MAX)
        names->items[names->count++] = mem_strdup(name);
}

/* "::" takes IPv4 as well. */
static void add_interfaces(struct certificate_names *names, bool with_ipv6)
{
    uv_interface_address_t *interfaces;
    char text[HOST_SIZE];
    int count;

    if (uv_interface_addresses(&interfaces, &count))
        return;
    for (int i = 0; i < count; i++) {
        bool is_ipv6 = interfaces[i].address.address4.sin_family == AF_INET6;

        if (is_ipv6 && with_ipv6 &&
            uv_ip6_name(&interfaces[i].address.address6, text, sizeof(text)) == 0)
            add(names, text);
        if (!is_ipv6 && uv_ip4_name(&interfaces[i].address.address4, text, sizeof(text)) == 0)
            add(names, text);
    }
    uv_free_interface_addresses(interfaces, count);
}

static void add_bound(struct certificate_names *names, const struct address *address)
{
    bool is_any_ipv6 = strcmp(address->host, "::") == 0;

    if (!address->is_on)
        return;
    if (is_any_ipv6 || strcmp(address->host, "0.0.0.0") == 0)
        add_interfaces(names, is_any_ipv6);
    else
        add(names, address->host);
}

/* Between "//" and the port or path; an IPv6 address loses its brackets. */
static void add_host_of(struct certificate_names *names, const char *url)
{
    const char *host = strstr(url, "//");
    char text[HOST_SIZE];
    size_t len;

    if (!host)
        return;
    host += 2;
    if (*host == '[')
        len = strcspn(++host, "]");
    else
        len = strcspn(host, ":/?#");
    if (len >= sizeof(text))
        return;
    memcpy(text, host, len);
    text[len] = '\0';
    add(names, text);
}

void certificate_names_init(struct certificate_names *names, const struct config *config)
{
    names->count = 0;
    add(names, "localhost");
    add(names, config->public_host);
    add_host_of(names, config->public_url);
    add_bound(names, &config->https);
    add_bound(names, &config->rtmps);
}

void certificate_names_clear(struct certificate_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        mem_free((char *)names->items[i]);
    names->count = 0;
}
