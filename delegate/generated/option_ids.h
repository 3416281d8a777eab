/* Generated from src/wire/delegate_options.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_OPTION_IDS_H
#define PTFE_GENERATED_OPTION_IDS_H

enum option_id {
    OPTION_DEVICE,
    OPTION_CHIP,
    OPTION_CORES,
    OPTION_CACHE,
    OPTION_NODE,
    OPTION_ENGINE,
    OPTION_TIMEOUT,
    OPTION_MEMORY,
    OPTION_VERBOSE,
    OPTION_PROFILE,
    OPTION_TRUST,
    OPTION_PARTS,
    OPTION_PRECISION,
    OPTION_NUMERICS,
    OPTION_FACTS,
    OPTION_PLAN,
    OPTION_COUNT
};

/* The releases of TFLite whose numbers plans can give (src/graph/numerics.ts). */
enum numerics {
    NUMERICS_TFLITE_2_14,
    NUMERICS_LITERT_2_3,
    NUMERICS_LITERT_2_4,
    NUMERICS_COUNT
};

#endif
