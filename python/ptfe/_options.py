"""Generated from src/wire/delegate_options.ts by `npm run generate`; do not edit."""

from __future__ import annotations

import os
from typing import Literal, Mapping, Optional, TypedDict, Union


class Options(TypedDict, total=False):
    """What `ptfe.delegate` takes. The PTFE_* variables say the same; an option given here wins."""

    #: What computes. `auto`: the NPU where it works, TFLite's kernels on a board where it cannot be used, else the software NPU. `npu`: fails with the reason where there is none. `software`: bit-exact and slow. `none`: TFLite's kernels alone.
    device: Optional[Literal["auto", "npu", "software", "none"]]
    #: What plans are compiled for. Programs are made for this chip; a plan of another one is refused.
    chip: Optional[Literal["rk3588"]]
    #: On how many cores of the NPU one inference runs. `auto`: on several where the compiler expects that to be quicker. For one picture sooner; for many at once, interpreters on a core each (`1`) give more. The values are the same.
    cores: Optional[Literal["1", "2", "3", "auto"]]
    #: Where compiled plans are kept. Default: `$XDG_CACHE_HOME/ptfe`, or `~/.cache/ptfe`. Read and written only where nobody but the user and root can write. At most 512 MiB; plans that were used least lately go first. Beside them: digests of files that were read, so that they are not read again, and the code that V8 makes of the compiler.
    cache: Optional[Union[str, "os.PathLike[str]"]]
    #: The Node program; default from PATH. A name without a slash is looked for in PATH. Needed only where a plan is neither in the cache nor a file.
    node: Optional[Union[str, "os.PathLike[str]"]]
    #: The compiler; default beside the library. Where the library was copied without `engine.mjs` beside it.
    engine: Optional[Union[str, "os.PathLike[str]"]]
    #: Processor time for the compiler; as long without any ends it too. For large models on small boards. Compiling elsewhere (`ptfe compile`) needs none.
    timeout: Optional[Union[int, str]]
    #: The compiler's heap. For models of hundreds of layers; the child ends with a line where it is too little.
    memory: Optional[Union[int, str]]
    #: 1 prints what runs where and why not. One line for each node that falls back, with the rule and what was seen, and a summary.
    verbose: Optional[Union[bool, Literal[0, 1, "0", "1"]]]
    #: A Perfetto trace, and a table for each op. Open it at ui.perfetto.dev. Whole after each run; a forked process adds its number to the name.
    profile: Optional[Union[str, "os.PathLike[str]"]]
    #: Seen: only register words that were seen. Takes a node only where boards, a shipped driver or a shipped compiler have shown all that it rests on (`ptfe npu facts`), roundings of ties aside.
    trust: Optional[Literal["inferred", "seen"]]
    #: All: also what the CPU would do sooner. By default nodes stay on the CPU that it does at least twice as quickly by the estimate of the partition's own plan (`ptfe estimate`), where that saves two milliseconds in sum; and a small partition that would cost more than it saves.
    parts: Optional[Literal["worthwhile", "all"]]
    #: Fastest: every ADD in a convolution; best: as near to TFLite as the hardware comes, with more tasks. `fast`: few tasks; outputs within 1 LSB of TFLite, some values in 100,000 off by it. `best`: a few in a million, with about a third more time on models with linear layers; not with `trust=seen`. `fastest`: every ADD that follows a convolution becomes a part of it, as in the programs of Mesa and the vendor; some values in 1,000 of these layers are off by 1 LSB.
    precision: Optional[Literal["fastest", "fast", "best"]]
    #: Whose TFLite's numbers; auto asks the host's. TFLite's releases differ by an LSB here and there. `auto` asks the host's own kernels, else goes by its version.
    numerics: Optional[Literal["auto", "tflite-2.14", "litert-2.3", "litert-2.4"]]
    #: Behaviours (ptfe npu facts). What-if: other readings of undocumented hardware behaviour on the software NPU.
    facts: Optional[Union[str, Mapping[str, str]]]
    #: A compiled model: no engine, no Node. What `ptfe compile MODEL -o model.plan` wrote. No compiler process is started, and no cache is used. Of the files `NAME.plan` in a folder the first, by name, that was compiled from the loaded model is taken, for programs that load several models.
    plan: Optional[Union[str, "os.PathLike[str]"]]
