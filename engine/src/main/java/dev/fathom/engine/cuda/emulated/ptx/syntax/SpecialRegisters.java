package dev.fathom.engine.cuda.emulated.ptx.syntax;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The special registers that the emulator knows. Clocks and counters are not among them: no run repeats them. */
public final class SpecialRegisters {
    /** Their names; the id of the i-th is -1 - i. */
    public static final List<String> NAMES = List.of("%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z",
            "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z", "%laneid", "%warpid", "%nwarpid",
            "%lanemask_eq", "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge", "%dynamic_smem_size",
            "%total_smem_size");

    private static final Map<String, Register> BY_NAME = new HashMap<>();

    static {
        for (int i = 0; i < NAMES.size(); i++) {
            BY_NAME.put(NAMES.get(i), new Register(NAMES.get(i), PtxType.U32, -1 - i));
        }
    }

    private SpecialRegisters() {
    }

    /** The register of this name, or null. */
    static Register find(String name) {
        return BY_NAME.get(name);
    }
}
