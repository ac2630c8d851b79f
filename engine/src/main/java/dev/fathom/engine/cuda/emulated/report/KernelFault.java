package dev.fathom.engine.cuda.emulated.report;

import dev.fathom.engine.errors.FathomException;

/**
 * A fault that the emulated GPU found. The message is one paragraph: kind, kernel, source line, block and threads,
 * address and allocation, and what is likely wrong.
 */
public final class KernelFault extends FathomException {
    private static final long serialVersionUID = 1L;

    private final FaultKind kind;
    private final String kernel;
    private final String where;

    /**
     * @param kind   what happened
     * @param kernel the kernel's name, or "host" for a fault in a call of the host
     * @param where  source line such as "layer_norm.cu:42 (fathom.cuh:63)"; empty if there is none
     * @param detail the paragraph after the place
     */
    public KernelFault(FaultKind kind, String kernel, String where, String detail) {
        super(kind.title() + " in " + kernel + (where.isEmpty() ? "" : " at " + where) + ": " + detail);
        this.kind = kind;
        this.kernel = kernel;
        this.where = where;
    }

    public FaultKind kind() {
        return kind;
    }

    /** The kernel's name, or "host". */
    public String kernel() {
        return kernel;
    }

    /** The source line, for example "layer_norm.cu:42 (fathom.cuh:63)"; empty if there is none. */
    public String where() {
        return where;
    }
}
