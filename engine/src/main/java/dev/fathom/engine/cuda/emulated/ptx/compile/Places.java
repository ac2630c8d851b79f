package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.lang.classfile.CodeBuilder;

/** Where generated code finds the places of registers in a warp's arrays: as constants, or among its arguments. */
interface Places {
    /** Pushes the first place of a register (for a predicate, its place) as an int. */
    void push(CodeBuilder code, Register r);

    /** Pushes the first place of a value that is filled in before a block runs: the address of a variable. */
    void pushAddress(CodeBuilder code, String symbol, long distance);

    /** Pushes the first place of a parameter's value. */
    void pushParameter(CodeBuilder code, int at, int bytes, boolean signed, boolean wide);

    /** The places as constants in the code. */
    static Places constants(Slots slots) {
        return new Places() {
            @Override
            public void push(CodeBuilder code, Register r) {
                code.loadConstant(slots.of(r));
            }

            @Override
            public void pushAddress(CodeBuilder code, String symbol, long distance) {
                code.loadConstant(slots.address(symbol, distance));
            }

            @Override
            public void pushParameter(CodeBuilder code, int at, int bytes, boolean signed, boolean wide) {
                code.loadConstant(slots.parameter(at, bytes, signed, wide));
            }
        };
    }
}
