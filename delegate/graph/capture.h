/* A TFLite graph as one message of bytes for the engine (docs/formats.md), and what tells it apart. The only reader of TFLite's graph structs. */
#ifndef PTFE_CAPTURE_H
#define PTFE_CAPTURE_H

#include "../util/bytes.h"
#include "../util/error.h"
#include "../util/options.h"
#include "../abi/tflite_abi.h"

typedef struct graph {
    uint32_t *nodes; /* indices in execution order: those that may be taken */
    size_t count;
    size_t all;       /* nodes of the graph, those behind a dynamic tensor too */
    int has_dynamic;  /* a node makes a tensor whose shape is known only when it runs */
    int has_bytes;    /* a node makes an int8 or uint8 tensor */
    bytes outline;    /* the graph message without the bytes of constants, and how many each tensor has; empty where has_bytes is 0 */
    byte_run *constants; /* those bytes, where TFLite has them */
    size_t constant_count;
    tfl_get_node get_node;
    const options *options; /* that are in the message; NULL: none */
} graph;

/* The whole graph; in TFLite's Prepare of a delegate. 0, or -1 and fills `error`. graph_free is safe either way. */
int graph_capture(tfl_context *context, const options *o, graph *out, ptfe_error *error);

/*
 * Whether an input was resized since tensors got their memory; 1 and fills `error` then. TFLite 2.14 to LiteRT 2.3 do not plan
 * memory anew when a delegate is applied to such a graph: tensors behind a replaced node would have none.
 */
int graph_is_resized(tfl_context *context, const tfl_int_array *nodes, ptfe_error *error);

/*
 * Whether a node reads what it or a later one makes; 1 and fills `error` then. TFLite runs such a graph in its order, but cannot
 * partition it: tflite_runtime 2.14 crashes.
 */
int graph_is_cyclic(tfl_context *context, const tfl_int_array *nodes, ptfe_error *error);

/* Some of its nodes, with the shapes that their tensors have now. `get_node`: as the context had it in Prepare; `o` may be NULL. */
int graph_capture_nodes(tfl_context *context, tfl_get_node get_node, const uint32_t *nodes, size_t count, const options *o, graph *out,
                        ptfe_error *error);

/* The whole message, for the engine: a copy of all constants. 0, or -1 and fills `error`. */
int graph_message(tfl_context *context, const graph *g, bytes *message, ptfe_error *error);

void graph_free(graph *g);

#endif
