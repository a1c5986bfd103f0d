/* A stand-in for what the probe asks of macOS: sysctlbyname and the part of Metal that it calls.
 * FAKE_SYSCTL holds lines of "name type value", where the type is t (text), 4 or 8 (bytes). */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int sysctlbyname(const char *name, void *old, size_t *size, void *new_value, size_t new_size) {
  const char *line = getenv("FAKE_SYSCTL");
  size_t length = strlen(name);
  (void)new_value;
  (void)new_size;
  for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
    if (strncmp(line, name, length) || line[length] != ' ') continue;
    const char *value = line + length + 3;
    size_t rest = strcspn(value, "\n");
    if (line[length + 1] == 't') {
      if (rest + 1 > *size) return -1;
      memcpy(old, value, rest);
      ((char *)old)[rest] = 0;
      *size = rest + 1;
    } else {
      int64_t number = strtoll(value, NULL, 10);
      *size = line[length + 1] == '4' ? 4 : 8;
      memcpy(old, &number, *size);
    }
    return 0;
  }
  return -1;
}

void *MTLCreateSystemDefaultDevice(void) {
  return getenv("FAKE_WORKING_SET") ? strdup("device") : NULL;
}

void *sel_registerName(const char *name) { return strdup(name); }

uintptr_t objc_msgSend(void *self, const char *selector, uintptr_t argument) {
  const char *missing = getenv("FAKE_MISSING");
  const char *family = getenv("FAKE_FAMILY");
  if (strcmp(self, "device")) abort();
  if (!strcmp(selector, "respondsToSelector:"))
    return !missing || strcmp(missing, (const char *)argument);
  if (missing && !strcmp(selector, missing)) abort();
  if (!strcmp(selector, "supportsFamily:"))
    return family && argument >= 5001 && argument <= strtoull(family, NULL, 10);
  if (!strcmp(selector, "recommendedMaxWorkingSetSize"))
    return strtoull(getenv("FAKE_WORKING_SET"), NULL, 10);
  abort();
}
