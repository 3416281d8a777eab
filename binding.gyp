{
  "variables": {
    "ptfe_version": "<!(node -p \"require('./package.json').version\")",
    "npu_sources": [
      "delegate/npu/npu.c",
      "delegate/npu/chip.c",
      "delegate/npu/facts.c",
      "delegate/npu/memory.c",
      "delegate/npu/packs.c",
      "delegate/npu/decode.c",
      "delegate/npu/decode_steps.c",
      "delegate/npu/pc.c",
      "delegate/npu/cna.c",
      "delegate/npu/cna_pixels.c",
      "delegate/npu/cbuf.c",
      "delegate/npu/core.c",
      "delegate/npu/dpu.c",
      "delegate/npu/dpu_ew.c",
      "delegate/npu/dpu_rdma.c",
      "delegate/npu/pipeline.c",
      "delegate/npu/ppu.c",
      "delegate/npu/ppu_int8.c",
      "delegate/npu/ppu_rdma.c",
      "delegate/npu/execute.c",
      "delegate/npu/lut.c",
      "delegate/npu/cycles.c",
      "delegate/npu/unpool.c",
      "delegate/npu/vector.c",
      "delegate/npu/vector_avx2.c",
      "delegate/npu/vector_neon.c",
      "delegate/npu/vector_wasm.c",
      "delegate/npu/words.c",
      "delegate/npu/complete.c",
      "delegate/npu/accesses.c"
    ],
    "plan_sources": [
      "delegate/plan/plan.c",
      "delegate/plan/accesses.c",
      "delegate/plan/jobs.c",
      "delegate/plan/blocks.c",
      "delegate/plan/layout.c",
      "delegate/plan/layout_rows.c",
      "delegate/plan/layout_rows_sse2.c",
      "delegate/plan/layout_rows_neon.c",
      "delegate/device/facts_option.c",
      "delegate/device/settings.c",
      "delegate/device/software.c",
      "delegate/plan/host_kernels.c",
      "delegate/plan/session.c",
      "delegate/util/error.c",
      "delegate/util/file_read.c",
      "delegate/util/sha256.c",
      "delegate/util/sha256_x86.c",
      "delegate/util/sha256_arm.c"
    ],
    "machine_sources": [
      "delegate/device/choose.c",
      "delegate/device/rocket.c",
      "delegate/device/rocket_file.c",
      "delegate/device/rocket_load.c",
      "delegate/device/rocket_node.c",
      "delegate/util/options.c",
      "delegate/util/option_names.c",
      "delegate/util/paths.c"
    ]
  },
  "target_defaults": {
    "defines": ["PTFE_VERSION=\"<(ptfe_version)\""],
    "cflags_c": ["-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-ffp-contract=off", "-falign-loops=64"]
  },
  "conditions": [["OS not in \"wasi wasm unknown emscripten\"", {"targets": [
    {
      "target_name": "ptfe",
      "type": "shared_library",
      "product_prefix": "lib",
      "product_name": "ptfe",
      "product_extension": "so",
      "sources": [
        "delegate/abi/plugin.c",
        "delegate/abi/callbacks.c",
        "delegate/abi/border.c",
        "delegate/abi/shapes.c",
        "delegate/compile/delegate.c",
        "delegate/compile/prepare.c",
        "delegate/compile/work.c",
        "delegate/compile/partition.c",
        "delegate/compile/load.c",
        "delegate/compile/resize.c",
        "delegate/compile/numerics.c",
        "delegate/compile/source_cache.c",
        "delegate/compile/source_engine.c",
        "delegate/compile/source_file.c",
        "delegate/graph/capture.c",
        "delegate/compile/answer.c",
        "delegate/compile/engine.c",
        "delegate/compile/engine_child.c",
        "delegate/compile/engine_files.c",
        "delegate/compile/complaints.c",
        "delegate/util/line.c",
        "delegate/util/signals.c",
        "delegate/compile/cache.c",
        "delegate/compile/cache_folder.c",
        "delegate/compile/plan_file.c",
        "delegate/compile/plan_gaps.c",
        "delegate/compile/file_stamp.c",
        "delegate/compile/mapped_file.c",
        "delegate/compile/memo.c",
        "delegate/compile/graph_key.c",
        "delegate/abi/kernel.c",
        "delegate/abi/ask_kernel.c",
        "delegate/abi/open_on.c",
        "delegate/abi/fallback.c",
        "delegate/util/report.c",
        "delegate/util/profile.c",
        "delegate/util/bytes.c",
        "<@(machine_sources)",
        "<@(plan_sources)",
        "<@(npu_sources)"
      ],
      "ldflags": ["-Wl,-soname,libptfe.so", "-Wl,-z,defs", "-Wl,--as-needed", "-Wl,-z,nodelete"],
      "libraries": ["-ldl", "-lpthread", "-lm"]
    }
  ]}]],
  "targets": [
    {
      "target_name": "ptfe_addon",
      "sources": [
        "delegate/node/addon.c",
        "delegate/node/addon_program.c",
        "delegate/node/addon_reads.c",
        "delegate/node/addon_values.c",
        "<@(plan_sources)",
        "<@(npu_sources)"
      ],
      "conditions": [["OS in \"wasi wasm unknown emscripten\"", {
        "type": "executable",
        "variables": {"emnapi_dir": "<!(node -p \"require('path').dirname(require.resolve('emnapi'))\")"},
        "include_dirs": ["<(emnapi_dir)/include/node"],
        "libraries": ["-L<(emnapi_dir)/lib/wasm32-wasi", "-lemnapi-basic"]
      }, {
        "sources": ["delegate/node/addon_machine.c", "delegate/node/addon_session.c", "<@(machine_sources)"]
      }]]
    }
  ]
}
