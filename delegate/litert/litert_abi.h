/*
 * What of LiteRT's dispatch interface is used here, declared anew (litert/vendors/c/litert_dispatch_api.h and
 * litert/c/internal/litert_runtime_context.h, Apache-2.0, of 2.2 and later: since then their structs carry a size and a version and
 * only grow). Handles are LiteRT's own: nobody looks into them.
 */
#ifndef PTFE_LITERT_ABI_H
#define PTFE_LITERT_ABI_H

#include <stddef.h>
#include <stdint.h>

enum litert_status {
    LITERT_OK = 0,
    LITERT_INVALID_ARGUMENT = 1,
    LITERT_NO_MEMORY = 2,
    LITERT_RUNTIME_FAILURE = 3,
    LITERT_WRONG_VERSION = 8,
};

enum { LITERT_HOST_MEMORY = 1, LITERT_LOCK_READ = 0, LITERT_LOCK_WRITE = 1, LITERT_CAPABILITY_BASIC = 1, LITERT_ML_MODEL = 2, LITERT_ABI_MAJOR = 1 };

typedef struct litert_abi_header {
    uint16_t struct_size, major_version, minor_version, reserved;
} litert_abi_header;

typedef struct litert_api_version {
    int major, minor, patch;
} litert_api_version;

typedef struct litert_mem_buffer {
    int fd;
    const void *base;
    size_t offset, size, file_offset;
} litert_mem_buffer;

typedef void *litert_requirements;
typedef void *litert_tensor_buffer;
typedef uint64_t litert_buffer_handle; /* of ours: the tensor buffer itself */

/* The runtime's functions for us; of 400 bytes and more only these. */
typedef struct litert_runtime {
    litert_abi_header header;
    int (*create_requirements)(int type_count, const int *types, size_t bytes, int stride_count, const uint32_t *strides, litert_requirements *out);
    void (*others[26])(void);
    int (*lock)(litert_tensor_buffer buffer, void **memory, int mode);
    int (*unlock)(litert_tensor_buffer buffer);
} litert_runtime;
_Static_assert(offsetof(litert_runtime, create_requirements) == 8 && offsetof(litert_runtime, lock) == 224 && sizeof(litert_runtime) == 240,
               "as in litert_runtime_context.h");

typedef struct litert_device litert_device;
typedef struct litert_invocation litert_invocation;

/* Our functions for the runtime, in its order; what is not offered is NULL. */
typedef struct litert_interface {
    int (*initialize)(const litert_runtime *runtime, void *environment, void *options);
    int (*get_vendor_id)(const char **id);
    int (*get_build_id)(const char **id);
    int (*get_capabilities)(int *capabilities);
    int (*device_create)(const litert_runtime *runtime, void *options, litert_device **device);
    int (*device_destroy)(litert_device *device);
    int (*get_input_requirements)(litert_invocation *invocation, int index, const void *type, litert_requirements *out);
    int (*get_output_requirements)(litert_invocation *invocation, int index, const void *type, litert_requirements *out);
    int (*register_buffer)(litert_device *device, litert_tensor_buffer buffer, litert_buffer_handle *handle);
    int (*unregister_buffer)(litert_device *device, litert_buffer_handle handle);
    int (*invocation_create)(const litert_runtime *runtime, litert_device *device, int type, const litert_mem_buffer *code, const char *name,
                             int inputs, int outputs, litert_invocation **out);
    int (*invocation_destroy)(litert_invocation *invocation);
    void *set_scheduling_info;
    int (*attach_input)(litert_invocation *invocation, int index, litert_buffer_handle handle);
    int (*attach_output)(litert_invocation *invocation, int index, litert_buffer_handle handle);
    int (*detach_input)(litert_invocation *invocation, int index, litert_buffer_handle handle);
    int (*detach_output)(litert_invocation *invocation, int index, litert_buffer_handle handle);
    int (*invoke)(litert_invocation *invocation);
    void *metrics[5];
    int (*check_runtime)(litert_api_version version, void *environment_options, void *options);
    void *set_options;
    void *later[8]; /* what newer runtimes look for behind these */
} litert_interface;
_Static_assert(offsetof(litert_interface, invoke) == 17 * 8 && offsetof(litert_interface, set_options) == 24 * 8, "as in litert_dispatch_api.h");

typedef struct litert_dispatch_api {
    litert_abi_header header;
    litert_api_version version;
    const litert_interface *interface;
    const void *async_interface, *graph_interface, *buffer_handlers;
} litert_dispatch_api;
_Static_assert(sizeof(litert_dispatch_api) == 56 && offsetof(litert_dispatch_api, interface) == 24, "as in litert_dispatch_api.h");

#endif
