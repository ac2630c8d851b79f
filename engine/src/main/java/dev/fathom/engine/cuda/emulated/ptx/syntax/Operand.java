package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.util.List;

/** What an instruction works on. */
public sealed interface Operand {
    /**
     * A register of a function, or a special one such as {@code %tid.x}.
     *
     * <p>Two registers of one name in different scopes are different: identity is the {@code id}.
     */
    record Register(String name, PtxType type, int id) implements Operand {
        /** True for {@code %tid.x} and its like, which no instruction writes. */
        public boolean special() {
            return id < 0;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** A number; {@code bits} is its 64-bit integer value, or the bits of a float written 0f... or 0d... */
    record Immediate(long bits, Format format) implements Operand {
        /** How it was written, which decides what the bits mean. */
        public enum Format { INTEGER, FLOAT32, FLOAT64 }
    }

    /** The address of a variable, plus a distance in bytes. */
    record Symbol(String name, long offset) implements Operand {
    }

    /** {@code [base + offset]}: base is a register, a symbol, or null for an absolute address. */
    record Memory(Operand base, long offset) implements Operand {
    }

    /** {@code {a, b, ...}} */
    record Group(List<Operand> parts) implements Operand {
    }

    /** {@code a|b}: two results of one instruction; a part that is not wanted is a {@link Sink}. */
    record Pair(Operand first, Operand second) implements Operand {
    }

    /** {@code !p} */
    record Not(Register predicate) implements Operand {
    }

    /** {@code _}: a result that is thrown away. */
    record Sink() implements Operand {
    }
}
