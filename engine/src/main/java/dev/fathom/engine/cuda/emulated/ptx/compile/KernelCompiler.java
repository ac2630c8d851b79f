package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.ArithmeticStep;
import dev.fathom.engine.cuda.emulated.ptx.run.CodeBlock;
import dev.fathom.engine.cuda.emulated.ptx.run.End;
import dev.fathom.engine.cuda.emulated.ptx.run.LaneCode;
import dev.fathom.engine.cuda.emulated.ptx.run.Program;
import dev.fathom.engine.cuda.emulated.ptx.run.StateSpace;
import dev.fathom.engine.cuda.emulated.ptx.run.Step;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Function;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Immediate;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Not;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes a program of a kernel's tree. */
public final class KernelCompiler {
    /** So many instructions at most in one stretch: its method must stay below the JIT compiler's 8000 bytes. */
    private static final int LONGEST_STRETCH = 160;

    private final Function function;
    private final Slots slots = new Slots();
    private final Addresses addresses;
    private final Register carry;
    private final Undefined undefined;
    /** Compiles stretches; null if instructions go by shared loops. */
    private final LaneCompiler lanes;
    private final SharedLoops loops;
    private final StepBuilder builder;
    private final List<Step> steps = new ArrayList<>();
    private final List<ControlFlow.Block> flow;
    /** Each block's body, cut into stretches of arithmetic and single steps. */
    private final List<List<List<Instruction>>> units = new ArrayList<>();

    private KernelCompiler(PtxFile file, Function function, boolean own) {
        this.function = function;
        this.addresses = new Addresses(file, function);
        this.carry = Registers.carryFlag(function.registers());
        this.flow = ControlFlow.order(function);
        this.undefined = new Undefined(flow, function.registers(), carry, slots);
        Set<Register> outside = cut();
        Lifetimes.place(flow, carry, slots, r -> !own || outside.contains(r), undefined::watches);
        this.lanes = own ? new LaneCompiler(slots, addresses, carry, outside) : null;
        this.loops = new SharedLoops(slots, addresses, carry);
        this.builder = new StepBuilder(slots, addresses);
    }

    /**
     * Compiles a kernel.
     *
     * @param own true for code of its own, which takes longer to make and runs faster once the JIT compiler has been through
     *            it; false for the loops that all kernels share
     * @throws dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException if it has an instruction that is not known
     */
    public static Program compile(PtxFile file, Function function, boolean own) {
        return new KernelCompiler(file, function, own).program();
    }

    /** The size of a kernel's parameter block in bytes. */
    public static int parameterBytes(PtxFile file, Function function) {
        return Math.toIntExact(new Addresses(file, function).parameterBytes());
    }

    /** The offset of each parameter in the block. */
    public static List<Integer> parameterOffsets(PtxFile file, Function function) {
        Addresses a = new Addresses(file, function);
        return function.parameters().stream().map(p -> Math.toIntExact(a.offset(p.name()))).toList();
    }

    /** Shared memory that a kernel declares, in bytes. */
    public static int sharedBytes(PtxFile file, Function function) {
        return Math.toIntExact(new Addresses(file, function).sharedBytes());
    }

    /** Cuts the blocks into units; returns the registers that more than one unit names. */
    private Set<Register> cut() {
        Map<Register, Integer> users = new HashMap<>();
        Set<Register> outside = new HashSet<>();
        int unit = 0;
        for (ControlFlow.Block block : flow) {
            List<List<Instruction>> parts = new ArrayList<>();
            List<Instruction> stretch = new ArrayList<>();
            for (Instruction i : block.body) {
                boolean arithmetic = LaneEmitter.takes(i);
                boolean single = !arithmetic || undefined.single(i);
                if (!stretch.isEmpty() && (single || stretch.size() >= LONGEST_STRETCH)) {
                    parts.add(stretch);
                    stretch = new ArrayList<>();
                }
                if (!single) {
                    stretch.add(i);
                } else {
                    parts.add(List.of(i));
                }
            }
            if (!stretch.isEmpty()) {
                parts.add(stretch);
            }
            units.add(parts);
            List<List<Instruction>> all = new ArrayList<>(parts);
            if (block.last != null) {
                all.add(List.of(block.last));
            }
            for (List<Instruction> part : all) {
                unit++;
                for (Instruction i : part) {
                    note(Registers.read(i, carry), unit, users, outside);
                    note(Registers.written(i, carry), unit, users, outside);
                }
            }
        }
        return outside;
    }

    private static void note(List<Register> registers, int unit, Map<Register, Integer> users, Set<Register> outside) {
        for (Register r : registers) {
            Integer before = users.put(r, unit);
            if (before != null && before != unit) {
                outside.add(r);
            }
        }
    }

    private Program program() {
        List<CodeBlock> blocks = new ArrayList<>();
        boolean async = false;
        int granule = 16;
        int globalGranule = 16;
        for (int b = 0; b < flow.size(); b++) {
            ControlFlow.Block block = flow.get(b);
            List<Step> made = new ArrayList<>();
            int count = 1;
            for (List<Instruction> unit : units.get(b)) {
                count += unit.size();
                Instruction first = unit.getFirst();
                int guard = first.guard() == null ? -1 : slots.of(first.guard());
                add(undefined.step(unit, unit.size() == 1 ? guard : -1), made);
                if (!LaneEmitter.takes(first)) {
                    add(builder.build(first), made);
                } else if (lanes != null) {
                    add(new ArithmeticStep(lanes.add(unit)), made);
                } else {
                    unit.forEach(i -> loops.steps(i, i.guard() == null ? -1 : slots.of(i.guard()))
                            .forEach(s -> add(s, made)));
                }
                async |= first.mnemonic().equals("cp");
                granule = Math.min(granule, granule(first, StateSpace.SHARED));
                globalGranule = Math.min(globalGranule, granule(first, StateSpace.GLOBAL));
            }
            if (block.last != null) {
                add(undefined.step(List.of(block.last), -1), made);
            }
            Instruction begin = block.body.isEmpty() ? block.last : block.body.getFirst();
            blocks.add(new CodeBlock(made.toArray(Step[]::new), end(block), count, begin));
        }
        LaneCode code = lanes == null ? null : lanes.compile();
        Map<String, Long> offsets = new LinkedHashMap<>();
        addresses.shared().keySet().forEach(name -> offsets.put(name, addresses.offset(name)));
        Step[] all = steps.toArray(Step[]::new);
        Step.number(all);
        return new Program(function.name(), blocks.toArray(CodeBlock[]::new), all, code, slots.ints(), slots.longs(),
                slots.predicates(), slots.uniforms(), Math.toIntExact(addresses.parameterBytes()),
                Math.toIntExact(addresses.sharedBytes()), Math.toIntExact(addresses.dynamicOffset()), offsets,
                addresses.shared(), Math.toIntExact(addresses.localBytes()), granule, globalGranule, async,
                undefined.predicates());
    }

    private void add(Step step, List<Step> made) {
        if (step != null) {
            made.add(step);
            steps.add(step);
        }
    }

    /** The bytes of an instruction's access to a space; 16 if it has none. */
    private static int granule(Instruction i, StateSpace wanted) {
        return switch (i.mnemonic()) {
            case "ld", "st", "atom", "red" -> {
                StateSpace space = StateSpace.of(i);
                if (space != wanted && space != StateSpace.GENERIC) {
                    yield 16;
                }
                int vector = i.has("v2") ? 2 : i.has("v4") ? 4 : i.has("v8") ? 8 : 1;
                yield Math.min(16, i.type().bytes() * vector);
            }
            // With a source size it reads any number of bytes.
            case "cp" -> i.operands().size() < 3 ? 16 : wanted == StateSpace.GLOBAL && i.operands().size() > 3 ? 1
                    : (int) ((Immediate) i.operand(2)).bits();
            default -> 16;
        };
    }

    private End end(ControlFlow.Block block) {
        int next = block.next == null ? End.EXIT : block.next.order;
        Instruction last = block.last;
        if (last == null) {
            return new End.Jump(next);
        }
        int taken = block.targets.isEmpty() ? End.EXIT : block.targets.getFirst().order;
        return switch (last.mnemonic()) {
            case "bra", "ret", "exit" -> last.guard() == null ? new End.Jump(taken)
                    : new End.Branch(slots.of(last.guard()), last.negated(), taken, next);
            case "brx" -> {
                if (last.guard() != null) {
                    throw StepBuilder.unknown(last);
                }
                yield new End.Table(slots.of((Register) last.operand(0)),
                        block.targets.stream().mapToInt(t -> t.order).toArray(), last);
            }
            default -> barrier(last, next);
        };
    }

    private End barrier(Instruction i, int next) {
        if (i.guard() != null || i.has("arrive") || i.has("cluster")) {
            throw StepBuilder.unknown(i);
        }
        List<Operand> o = new ArrayList<>(i.operands());
        if (!i.has("red")) {
            return new End.Barrier(number(o.get(0)), o.size() > 1 ? number(o.get(1)) : -1, null, -1, -1, false, next, i);
        }
        Operand voted = o.getLast();
        Register predicate = voted instanceof Not n ? n.predicate() : (Register) voted;
        String operation = i.has("popc") ? "popc" : i.has("and") ? "and" : "or";
        return new End.Barrier(number(o.get(1)), o.size() > 3 ? number(o.get(2)) : -1, operation,
                slots.of((Register) o.get(0)), slots.of(predicate), voted instanceof Not, next, i);
    }

    private int number(Operand o) {
        return o instanceof Immediate n ? slots.constant(n.bits(), false) : slots.of((Register) o);
    }
}
