package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.LoopCode;
import dev.fathom.engine.cuda.emulated.ptx.run.SingleStep;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Group;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Immediate;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Memory;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Not;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Pair;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Sink;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Symbol;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Arithmetic instructions as loops that all kernels share: one loop for each opcode and kind of operands, with the places of
 * the operands as arguments. A kernel that runs for the first time needs no code of its own this way, and finds the loops warm
 * that other kernels have run. (Code of its own, by {@link LaneCompiler}, is several times faster once the JIT compiler has
 * been through it, so kernels that run much get it.)
 *
 * <p>Numbers become registers whose places are filled in before.
 */
final class SharedLoops {
    private static final Map<String, LoopCode> LOOPS = new ConcurrentHashMap<>();
    private static final Register FLAG = Registers.carryFlag(Integer.MAX_VALUE);
    /** Ids from here downwards stand for places that are known already. */
    private static final int FILLED = -1_000_000;

    private final Slots slots;
    private final Addresses addresses;
    private final Register carry;
    /** Of the instruction at hand: the places found so far. */
    private final List<Integer> places = new ArrayList<>();
    private Instruction instruction;

    SharedLoops(Slots slots, Addresses addresses, Register carry) {
        this.slots = slots;
        this.addresses = addresses;
        this.carry = carry;
    }

    /** The steps of an arithmetic instruction: one, or one a value for a vector of parameters. */
    List<SingleStep> steps(Instruction i, int guard) {
        return i.mnemonic().equals("ld") ? parameters(i).stream().map(m -> step(m, guard)).toList() : List.of(step(i, guard));
    }

    private SingleStep step(Instruction i, int guard) {
        instruction = i;
        places.clear();
        List<Operand> operands = new ArrayList<>();
        for (int k = 0; k < i.operands().size(); k++) {
            operands.add(replace(i.operand(k), k));
        }
        if (i.has("cc") || Registers.readsCarry(i)) {
            places.add(slots.of(carry));
        }
        Instruction alike = new Instruction(i.opcode(), operands, null, false, i.ptxLine(), i.source());
        int count = places.size();
        LoopCode code = LOOPS.computeIfAbsent(key(alike), k -> LoopCompiler.compile(alike, FLAG, count));
        return new SingleStep(i, guard, i.negated(), code, places.stream().mapToInt(Integer::intValue).toArray());
    }

    /** ld.param at a known place: moves from values that are filled in. */
    private List<Instruction> parameters(Instruction i) {
        Memory m = (Memory) i.operand(1);
        Symbol s = (Symbol) m.base();
        addresses.variable(s.name(), i.ptxLine());
        int bytes = i.type().bytes();
        List<Operand> targets = i.operand(0) instanceof Group g ? g.parts() : List.of(i.operand(0));
        List<Instruction> moves = new ArrayList<>();
        for (int k = 0; k < targets.size(); k++) {
            boolean wide = bytes == 8 || targets.get(k) instanceof Register r && Slots.kind(r.type()) == Slots.Kind.LONG;
            int at = Math.toIntExact(addresses.offset(s.name()) + m.offset() + (long) k * bytes);
            Register value = filled(slots.parameter(at, bytes, i.type().signed(), wide), wide);
            moves.add(new Instruction(wide ? "mov.b64" : "mov.b32", List.of(targets.get(k), value), i.guard(), i.negated(),
                    i.ptxLine(), i.source()));
        }
        return moves;
    }

    /** A register that stands for a value which is filled in. */
    private static Register filled(int slot, boolean wide) {
        return new Register("filled in", wide ? PtxType.B64 : PtxType.B32, FILLED - slot);
    }

    private Operand replace(Operand o, int position) {
        return switch (o) {
            case Register r -> place(r.id() <= FILLED ? FILLED - r.id() : slots.of(r), r.type());
            case Not n -> new Not((Register) replace(n.predicate(), position));
            case Group g -> new Group(g.parts().stream().map(p -> replace(p, position)).toList());
            case Pair p -> new Pair(replace(p.first(), position), replace(p.second(), position));
            case Immediate n -> number(n, OperandTypes.of(instruction, position));
            case Symbol s -> address(s);
            case Sink s -> s;
            case Memory m -> throw StepBuilder.unknown(instruction);
        };
    }

    private Register place(int slot, PtxType type) {
        places.add(slot);
        return new Register("v" + places.size(), type, places.size() - 1);
    }

    private Operand number(Immediate n, Class<?> type) {
        if (type == null) {
            throw StepBuilder.unknown(instruction);
        }
        if (type == boolean.class) {
            return n;
        }
        long bits = type == float.class ? Float.floatToRawIntBits(LaneOperands.floatValue(n)) & 0xffffffffL
                : type == double.class ? Double.doubleToRawLongBits(LaneOperands.doubleValue(n))
                : type == char.class || type == short.class ? n.bits() & 0xffff : n.bits();
        boolean wide = type == long.class || type == double.class;
        PtxType as = type == float.class ? PtxType.F32 : type == double.class ? PtxType.F64
                : type == long.class ? PtxType.B64 : type == int.class ? PtxType.B32 : PtxType.B16;
        return place(slots.constant(wide ? bits : (int) bits, wide), as);
    }

    private Register address(Symbol s) {
        Variable v = addresses.variable(s.name(), instruction.ptxLine());
        return switch (v.space()) {
            case "global", "const" -> place(slots.address(v.name(), s.offset()), PtxType.B64);
            default -> place(slots.constant(addresses.offset(v.name()) + s.offset(), true), PtxType.B64);
        };
    }

    private static String key(Instruction i) {
        StringBuilder key = new StringBuilder(i.opcode());
        i.operands().forEach(o -> describe(o, key.append(' ')));
        return key.toString();
    }

    private static void describe(Operand o, StringBuilder key) {
        switch (o) {
            case Register r -> key.append(Slots.kind(r.type()).name().charAt(0));
            case Not n -> key.append('!');
            case Group g -> {
                key.append('{');
                g.parts().forEach(p -> describe(p, key));
                key.append('}');
            }
            case Pair p -> {
                describe(p.first(), key);
                describe(p.second(), key.append('|'));
            }
            case Immediate n -> key.append(n.bits());
            default -> key.append('_');
        }
    }
}
