package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;

/** Ties attention to its kernels. Read {@link AttentionForward} first. */
public final class AttentionKernels {
    private AttentionKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Attention.class, AttentionForward::run);
        table.add(AttentionBackward.class, AttentionGradient::run);
    }
}
