package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.AddressOperand;
import dev.fathom.engine.cuda.emulated.ptx.run.AsyncCopyStep;
import dev.fathom.engine.cuda.emulated.ptx.run.AsyncWaitStep;
import dev.fathom.engine.cuda.emulated.ptx.run.AtomicStep;
import dev.fathom.engine.cuda.emulated.ptx.run.Cell;
import dev.fathom.engine.cuda.emulated.ptx.run.LoadMatrixStep;
import dev.fathom.engine.cuda.emulated.ptx.run.LoadStep;
import dev.fathom.engine.cuda.emulated.ptx.run.MatrixProductStep;
import dev.fathom.engine.cuda.emulated.ptx.run.ShuffleStep;
import dev.fathom.engine.cuda.emulated.ptx.run.StateSpace;
import dev.fathom.engine.cuda.emulated.ptx.run.Step;
import dev.fathom.engine.cuda.emulated.ptx.run.StoreStep;
import dev.fathom.engine.cuda.emulated.ptx.run.SyncWarpStep;
import dev.fathom.engine.cuda.emulated.ptx.run.TrapStep;
import dev.fathom.engine.cuda.emulated.ptx.run.VoteStep;
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
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.util.List;

/** Makes the step of an instruction that a whole warp executes at once. */
final class StepBuilder {
    private final Slots slots;
    private final Addresses addresses;

    StepBuilder(Slots slots, Addresses addresses) {
        this.slots = slots;
        this.addresses = addresses;
    }

    /** The step of an instruction; null if it does nothing here (fences, prefetches). */
    Step build(Instruction i) {
        int guard = i.guard() == null ? -1 : slots.of(i.guard());
        boolean negated = i.negated();
        return switch (i.mnemonic()) {
            case "ld", "ldu" -> new LoadStep(i, guard, negated, StateSpace.of(i), address(i, 1), i.type().bytes(),
                    i.type().signed(), cells(i.operand(0)));
            case "st" -> new StoreStep(i, guard, negated, StateSpace.of(i), address(i, 0), i.type().bytes(),
                    sources(i.operand(1), i.type()));
            case "atom", "red" -> atomic(i, guard, negated);
            case "shfl" -> shuffle(i, guard, negated);
            case "vote" -> vote(i, guard, negated);
            case "activemask" -> new VoteStep(i, guard, negated, "active", cell(i.operand(0)), -1, -1, false, null);
            case "bar", "barrier" -> new SyncWarpStep(i, guard, negated, source(i.operand(0), PtxType.B32));
            case "ldmatrix" -> loadMatrix(i, guard, negated);
            case "mma" -> matrixProduct(i, guard, negated);
            case "cp" -> asyncCopy(i, guard, negated);
            case "trap", "brkpt" -> new TrapStep(i, guard, negated);
            // Order among blocks is not modelled: memory here is always coherent. Hints do nothing.
            case "membar", "fence", "prefetch", "prefetchu", "nanosleep", "discard", "applypriority" -> null;
            default -> throw unknown(i);
        };
    }

    static PtxException unknown(Instruction i) {
        return new PtxException("the emulator does not know '" + i.opcode() + "' (" + i.where() + ", line " + i.ptxLine()
                + " of the PTX)");
    }

    /** The register of an operand that is one, or nothing for a sink. */
    private Cell cell(Operand o) {
        if (o instanceof Sink) {
            return new Cell(-1, false, false);
        }
        if (o instanceof Register r && r.type() != PtxType.PRED) {
            Slots.Kind kind = Slots.kind(r.type());
            return new Cell(slots.of(r), kind == Slots.Kind.LONG || kind == Slots.Kind.DOUBLE, kind == Slots.Kind.HALF);
        }
        throw new PtxException(o + " is no register that holds a number");
    }

    private Cell[] cells(Operand o) {
        return o instanceof Group g ? g.parts().stream().map(this::cell).toArray(Cell[]::new) : new Cell[] {cell(o)};
    }

    /** A register or a number. */
    private Cell source(Operand o, PtxType type) {
        if (o instanceof Immediate n) {
            boolean wide = type.bytes() == 8;
            return new Cell(slots.constant(n.bits(), wide), wide, false);
        }
        return cell(o);
    }

    private Cell[] sources(Operand o, PtxType type) {
        List<Operand> parts = o instanceof Group g ? g.parts() : List.of(o);
        return parts.stream().map(p -> source(p, type)).toArray(Cell[]::new);
    }

    private int predicate(Operand o) {
        return switch (o) {
            case Register r -> slots.of(r);
            case Not n -> slots.of(n.predicate());
            default -> throw new PtxException(o + " is no predicate");
        };
    }

    AddressOperand address(Instruction i, int operand) {
        Memory m = (Memory) i.operand(operand);
        return switch (m.base()) {
            case null -> new AddressOperand(-1, true, m.offset());
            case Register r -> new AddressOperand(slots.of(r), Slots.kind(r.type()) == Slots.Kind.LONG, m.offset());
            case Symbol s -> {
                Variable v = addresses.variable(s.name(), i.ptxLine());
                yield switch (v.space()) {
                    case "shared", "local" -> new AddressOperand(-1, true, addresses.offset(s.name()) + m.offset());
                    case "global", "const" -> new AddressOperand(slots.address(s.name(), m.offset()), true, 0);
                    default -> throw unknown(i);
                };
            }
            default -> throw unknown(i);
        };
    }

    private Step atomic(Instruction i, int guard, boolean negated) {
        boolean returns = i.mnemonic().equals("atom");
        int first = returns ? 1 : 0;
        String operation = null;
        for (String word : i.modifiers()) {
            switch (word) {
                case "add", "min", "max", "and", "or", "xor", "inc", "dec", "exch", "cas" -> operation = word;
                default -> { }
            }
        }
        if (operation == null || i.type() == null || i.type().bytes() < 4 && !i.type().floating()) {
            throw unknown(i);
        }
        Cell second = operation.equals("cas") ? source(i.operand(first + 2), i.type()) : null;
        return new AtomicStep(i, guard, negated, StateSpace.of(i), address(i, first), operation,
                returns ? cell(i.operand(0)) : null, source(i.operand(first + 1), i.type()), second);
    }

    private Step shuffle(Instruction i, int guard, boolean negated) {
        if (!i.has("sync")) {
            throw unknown(i);
        }
        Operand to = i.operand(0) instanceof Pair p ? p.first() : i.operand(0);
        int valid = i.operand(0) instanceof Pair p && p.second() instanceof Register r ? slots.of(r) : -1;
        return new ShuffleStep(i, guard, negated, i.modifiers().get(1), cell(to), valid, source(i.operand(1), PtxType.B32),
                source(i.operand(2), PtxType.B32), source(i.operand(3), PtxType.B32), source(i.operand(4), PtxType.B32));
    }

    private Step vote(Instruction i, int guard, boolean negated) {
        String mode = i.modifiers().get(1);
        boolean ballot = mode.equals("ballot");
        return new VoteStep(i, guard, negated, mode, ballot ? cell(i.operand(0)) : null,
                ballot ? -1 : predicate(i.operand(0)), predicate(i.operand(1)), i.operand(1) instanceof Not,
                source(i.operand(2), PtxType.B32));
    }

    private Step loadMatrix(Instruction i, int guard, boolean negated) {
        if (!i.has("m8n8") || !i.has("b16")) {
            throw unknown(i);
        }
        return new LoadMatrixStep(i, guard, negated, StateSpace.of(i), address(i, 1), cells(i.operand(0)), i.has("trans"));
    }

    private Step matrixProduct(Instruction i, int guard, boolean negated) {
        List<String> words = i.modifiers();
        int depth = words.contains("m16n8k8") ? 8 : words.contains("m16n8k16") ? 16 : 0;
        int n = words.size();
        List<String> types = words.subList(n - 4, n);
        boolean brain = types.get(1).equals("bf16");
        if (depth == 0 || !types.get(1).equals(types.get(2)) || !brain && !types.get(1).equals("f16")
                || !words.contains("row") || !words.contains("col")) {
            throw unknown(i);
        }
        return new MatrixProductStep(i, guard, negated, depth, brain, types.get(3).equals("f16"), types.get(0).equals("f16"),
                cells(i.operand(0)), cells(i.operand(1)), cells(i.operand(2)), sources(i.operand(3), PtxType.B32));
    }

    private Step asyncCopy(Instruction i, int guard, boolean negated) {
        if (!i.has("async") || i.has("bulk")) {
            throw unknown(i);
        }
        if (i.has("commit_group")) {
            return new AsyncWaitStep(i, guard, negated, AsyncWaitStep.COMMIT);
        }
        if (i.has("wait_all")) {
            return new AsyncWaitStep(i, guard, negated, AsyncWaitStep.ALL);
        }
        if (i.has("wait_group")) {
            return new AsyncWaitStep(i, guard, negated, (int) ((Immediate) i.operand(0)).bits());
        }
        if (!i.has("ca") && !i.has("cg")) {
            throw unknown(i);
        }
        int bytes = (int) ((Immediate) i.operand(2)).bits();
        Cell size = i.operands().size() > 3 ? source(i.operand(3), PtxType.B32) : null;
        return new AsyncCopyStep(i, guard, negated, address(i, 0), address(i, 1), bytes, size);
    }
}
