package dev.fathom.engine.cuda.emulated.ptx.run;

/**
 * How a memory instruction reaches its bytes: checks the addresses in {@link Warp#address} and puts the host's into
 * {@link Warp#host}, or throws the fault. One object an instruction, because it remembers what it met last.
 */
abstract class Access {
    /** What an instruction does with its bytes. */
    enum Use { READ, WRITE, ATOMIC }

    final int bytes;
    final Use use;
    Step step;

    /** @param bytes that each lane accesses, all parts of a vector together: a power of two up to 16 */
    Access(int bytes, Use use) {
        this.bytes = bytes;
        this.use = use;
    }

    /** The right access for a space. */
    static Access of(StateSpace space, int bytes, Use use) {
        return switch (space) {
            case GLOBAL, CONSTANT -> new GlobalAccess(bytes, use);
            case SHARED -> new SharedAccess(bytes, use);
            case LOCAL -> new LocalAccess(bytes, use);
            case PARAMETER -> new ParameterAccess(bytes, use);
            case GENERIC -> new GenericAccess(bytes, use);
        };
    }

    /**
     * Checks the lanes of a mask and finds their host addresses. A write sets {@link Warp#agreeBefore} and
     * {@link Warp#agreeAfter}.
     */
    abstract void resolve(Warp w, int mask);

    /**
     * The fault of a write that did not agree.
     *
     * @param part     the byte within the lane's access
     * @param together true if another lane of the warp wrote in the same instruction
     */
    RuntimeException doubleWrite(Warp w, int lane, int part, boolean together) {
        throw new IllegalStateException("no doubt about " + step.at());
    }

    void attach(Step owner) {
        step = owner;
    }

    final String verb() {
        return switch (use) {
            case READ -> "read";
            case WRITE -> "write";
            case ATOMIC -> "change";
        };
    }
}
