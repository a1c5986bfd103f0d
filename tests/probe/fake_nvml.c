/* A stand-in for libnvidia-ml.so.1 that answers as environment variables say.
 *
 * FAKE_INIT       error number of nvmlInit              FAKE_HANG      seconds that nvmlInit takes
 * FAKE_COUNT      devices, FAKE_COUNT_RC the error       FAKE_NAME      their name, FAKE_NAMES one each (;)
 * FAKE_MIB        memory of each, FAKE_RESERVED of it   FAKE_MEMORY_RC error number of the memory call
 * FAKE_LOST       index without a handle (error 15)     FAKE_DENIED    index without permission (4)
 * FAKE_LOST_LATE  index whose memory call gives 15      FAKE_RESET     index whose memory call gives 16
 * FAKE_MIG        instances a device (unset: no MIG)    FAKE_MIG_ON    the only index in MIG mode
 * FAKE_LINKS      switch, pairs, or none                FAKE_FABRIC    state of the fabric
 * FAKE_ECC        1 or 0, and FAKE_ERRORS on index 0    FAKE_VGPU      1 in a guest with a virtual GPU
 * FAKE_HANG_LATE  seconds that the memory call takes     FAKE_USED      memory that is taken
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char legacy[16];
    unsigned domain, bus, device, id, subsystem;
    char bus_id[32];
} pci_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory2_t;
typedef struct { unsigned char cluster[16]; unsigned status, clique, state; } fabric_t;

static int number(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}
static int device_of(void *handle) { return (int)((intptr_t)handle % 100) - 1; }
static int instance_of(void *handle) { return (int)((intptr_t)handle / 100) - 1; }
static void place(pci_t *pci, unsigned bus) {
    memset(pci, 0, sizeof *pci);
    pci->bus = bus;
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", bus);
}
static int links_are(const char *kind) {
    const char *text = getenv("FAKE_LINKS");
    return text && strcmp(text, kind) == 0;
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    sleep((unsigned)number("FAKE_HANG", 0));
    return number("FAKE_INIT", 0);
}
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { (void)code; return "made up"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "580.95.05"); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 13020; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = (unsigned)number("FAKE_COUNT", 1);
    return number("FAKE_COUNT_RC", 0);
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    if ((int)index == number("FAKE_LOST", -1)) return 15;
    if ((int)index == number("FAKE_DENIED", -1)) return 4;
    *handle = (void *)(intptr_t)(index + 1);
    return 0;
}
static void name_of(int device, char *text, unsigned size) {
    const char *name = getenv("FAKE_NAME"), *names = getenv("FAKE_NAMES");
    snprintf(text, size, "%s", name ? name : "NVIDIA H100 80GB HBM3");
    if (!names) return;
    for (; device > 0 && strchr(names, ';'); device--) names = strchr(names, ';') + 1;
    snprintf(text, size, "%.*s", (int)strcspn(names, ";"), names);
}
int nvmlDeviceGetName(void *handle, char *text, unsigned size) {
    name_of(device_of(handle), text, size);
    if (instance_of(handle) >= 0) strncat(text, " MIG 1g.10gb", size - strlen(text) - 1);
    return 0;
}
#ifndef WITHOUT_NEW
int nvmlDeviceGetUUID(void *handle, char *text, unsigned size) {
    if (instance_of(handle) >= 0) snprintf(text, size, "MIG-%02d%02d-f", device_of(handle), instance_of(handle));
    else snprintf(text, size, "GPU-8%02d-f", device_of(handle));
    return 0;
}
int nvmlDeviceGetEccMode(void *handle, unsigned *current, unsigned *pending) {
    (void)handle;
    if (!getenv("FAKE_ECC")) return 3;
    *current = *pending = (unsigned)number("FAKE_ECC", 0);
    return 0;
}
int nvmlDeviceGetTotalEccErrors(void *handle, unsigned kind, unsigned since, unsigned long long *count) {
    if (!getenv("FAKE_ERRORS") || kind != 1 || since != 0) return 3;
    *count = device_of(handle) ? 0 : (unsigned long long)number("FAKE_ERRORS", 0);
    return 0;
}
int nvmlDeviceGetVirtualizationMode(void *handle, unsigned *mode) {
    (void)handle;
    *mode = number("FAKE_VGPU", 0) ? 2 : 0;
    return 0;
}
int nvmlDeviceGetGpuFabricInfo(void *handle, fabric_t *info) {
    (void)handle;
    if (!getenv("FAKE_FABRIC")) return 3;
    info->state = (unsigned)number("FAKE_FABRIC", 0);
    return 0;
}
int nvmlDeviceGetGpuInstanceId(void *handle, unsigned *id) { *id = 7 + (unsigned)instance_of(handle); return 0; }
int nvmlDeviceGetComputeInstanceId(void *handle, unsigned *id) { (void)handle; *id = 0; return 0; }
#endif
static int memory_code(void *handle) {
    sleep((unsigned)number("FAKE_HANG_LATE", 0));
    if (device_of(handle) == number("FAKE_LOST_LATE", -1)) return 15;
    if (device_of(handle) == number("FAKE_RESET", -1)) return 16;
    return number("FAKE_MEMORY_RC", 0);
}
static unsigned long long total(void *handle) {
    return (unsigned long long)(instance_of(handle) >= 0 ? 9728 : number("FAKE_MIB", 81559)) << 20;
}
int nvmlDeviceGetMemoryInfo(void *handle, memory_t *memory) {
    memory->total = total(handle);
    return memory_code(handle);
}
#ifndef WITHOUT_MEMORY_V2
int nvmlDeviceGetMemoryInfo_v2(void *handle, memory2_t *memory) {
    if (memory->version != 0x02000028) return 25;
    memory->total = total(handle);
    memory->used = (unsigned long long)number("FAKE_USED", 0) << 20;
    memory->reserved = (unsigned long long)number("FAKE_RESERVED", 0) << 20;
    return memory_code(handle);
}
#endif
int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    (void)handle;
    *major = 9;
    *minor = 0;
    return 0;
}
int nvmlDeviceGetPciInfo_v3(void *handle, pci_t *pci) {
    place(pci, 0x1A + (unsigned)device_of(handle));
    return 0;
}
int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
    if (!getenv("FAKE_MIG")) return 3;
    if (number("FAKE_MIG_ON", device_of(handle)) != device_of(handle)) return 3;
    *current = *pending = 1;
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count) { (void)handle; *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **instance) {
    if ((int)index >= number("FAKE_MIG", 0)) return 6;
    *instance = (void *)((intptr_t)handle + 100 * ((intptr_t)index + 1));
    return 0;
}
int nvmlDeviceGetNvLinkState(void *handle, unsigned link, unsigned *active) {
    (void)handle;
    if (link >= 18) return 2;
    *active = link > 0 && (links_are("switch") || links_are("pairs"));
    return 0;
}
int nvmlDeviceGetNvLinkRemotePciInfo_v2(void *handle, unsigned link, pci_t *pci) {
    (void)link;
    place(pci, links_are("pairs") ? 0x1A + (unsigned)(device_of(handle) ^ 1) : 0xC0);
    return 0;
}
int nvmlDeviceGetNvLinkRemoteDeviceType(void *handle, unsigned link, unsigned *type) {
    (void)handle;
    (void)link;
    *type = links_are("switch") ? 2 : 0;
    return 0;
}
