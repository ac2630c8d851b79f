package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Writes the loop over the lanes of a warp around a stretch of arithmetic: in each round a lane's registers that come from
 * outside are loaded, the instructions follow, and the registers that somebody outside reads are stored.
 */
final class LoopWriter {
    private final CodeBuilder code;
    private final int mask;
    private final List<Instruction> stretch;
    private final LaneLocals locals;
    private final LaneEmitter emitter;
    private final Set<Register> needed = new LinkedHashSet<>();
    private final Set<Register> stored = new LinkedHashSet<>();
    private final Set<Register> predicates = new LinkedHashSet<>();

    /**
     * @param r       local variable of the 32-bit registers; those of the 64-bit registers and of the predicates follow
     * @param mask    local variable of the mask
     * @param outside whether somebody outside of the stretch reads a register
     */
    LoopWriter(CodeBuilder code, int r, int mask, List<Instruction> stretch, Places places, Addresses addresses,
            Register carry, Predicate<Register> outside) {
        this.code = code;
        this.mask = mask;
        this.stretch = stretch;
        Set<Register> written = new LinkedHashSet<>();
        for (Instruction i : stretch) {
            for (Register x : Registers.read(i, carry)) {
                if (!written.contains(x)) {
                    needed.add(x);
                }
            }
            for (Register x : Registers.written(i, carry)) {
                if (i.guard() != null && !written.contains(x)) {
                    needed.add(x); // a lane without the guard keeps the old value
                }
                written.add(x);
            }
        }
        stored.addAll(written);
        stored.removeIf(x -> !outside.test(x) && !needed.contains(x));
        predicates.addAll(needed);
        predicates.addAll(stored);
        predicates.removeIf(x -> x.type() != PtxType.PRED);
        locals = new LaneLocals(code, r, code.allocateLocal(TypeKind.INT), places);
        emitter = new LaneEmitter(code, locals, places, addresses, carry);
    }

    /** Writes the loop and the return. */
    void write(boolean fastPath) {
        predicates.forEach(locals::fetchMask);
        Label end = code.newLabel();
        if (fastPath) {
            Label some = code.newLabel();
            code.iload(mask).iconst_m1().if_icmpne(some);
            loop(false, end);
            code.labelBinding(some);
        }
        loop(true, end);
        code.labelBinding(end);
        predicates.stream().filter(stored::contains).forEach(locals::storeMask);
        code.return_();
    }

    /** Goes to {@code end} after the last lane. */
    private void loop(boolean masked, Label end) {
        Label top = code.newLabel();
        Label next = code.newLabel();
        int lane = locals.lane();
        code.iconst_0().istore(lane);
        code.labelBinding(top).iload(lane).loadConstant(32).if_icmpge(end);
        if (masked) {
            code.iload(mask).iload(lane).iushr().iconst_1().iand().ifeq(next);
        }
        needed.forEach(locals::load);
        stretch.forEach(emitter::emit);
        stored.forEach(locals::store);
        code.labelBinding(next).iinc(lane, 1).goto_(top);
    }
}
