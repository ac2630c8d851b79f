package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.HostBytes;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** atom and red on integers: lane after lane, and one at a time among all blocks. */
public final class AtomicStep extends Step {
    /** One lock for all memory: blocks on several threads may change the same word. */
    private static final Object LOCK = new Object();

    private final Access access;
    private final AddressOperand address;
    private final String operation;
    private final int width;
    private final boolean signed;
    private final boolean floating;
    private final Cell target;
    private final Cell value;
    private final Cell second;

    /**
     * @param operation "add", "min", "max", "and", "or", "xor", "inc", "dec", "exch" or "cas"
     * @param target    takes the old value; null for red
     * @param second    the new value of a cas; else null
     */
    public AtomicStep(Instruction at, int guard, boolean negated, StateSpace space, AddressOperand address, String operation,
            Cell target, Cell value, Cell second) {
        super(at, guard, negated);
        this.width = at.type().bytes();
        this.signed = at.type().signed();
        this.floating = at.type().floating();
        this.access = Access.of(space, width, Access.Use.ATOMIC);
        this.access.attach(this);
        this.address = address;
        this.operation = operation;
        this.target = target;
        this.value = value;
        this.second = second;
    }

    @Override
    protected void run(Warp w, int mask) {
        if (floating && !operation.equals("exch") && !operation.equals("cas")) {
            throw w.block.fault(FaultKind.NONDETERMINISTIC_ATOMIC, at, w, mask, FaultText.verb(mask, "execute") + " '" + at.opcode()
                    + "'. Sums of floats depend on their order, and the order of atomic operations is chance: reduce in a fixed "
                    + "order instead (partial sums, then one block that adds them).");
        }
        address.fill(w);
        w.agreeBefore = 0;
        w.agreeAfter = 0;
        access.resolve(w, mask);
        synchronized (LOCK) {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                long host = w.host[lane];
                long old = width == 8 ? HostBytes.getLong(host)
                        : signed ? HostBytes.getInt(host) : HostBytes.getInt(host) & 0xffffffffL;
                long operand = value.get(w, lane);
                if (width == 4) {
                    operand = signed ? (int) operand : operand & 0xffffffffL;
                }
                long now = combine(old, operand, second == null ? 0 : second.get(w, lane));
                if (width == 8) {
                    HostBytes.putLong(host, now);
                } else {
                    HostBytes.putInt(host, (int) now);
                }
                if (target != null) {
                    target.set(w, lane, old);
                }
            }
        }
    }

    private long combine(long old, long operand, long replacement) {
        return switch (operation) {
            case "add" -> old + operand;
            case "min" -> less(old, operand) ? old : operand;
            case "max" -> less(old, operand) ? operand : old;
            case "and" -> old & operand;
            case "or" -> old | operand;
            case "xor" -> old ^ operand;
            case "inc" -> less(old, operand) ? old + 1 : 0;
            case "dec" -> old == 0 || less(operand, old) ? operand : old - 1;
            case "exch" -> operand;
            default -> old == operand ? replacement : old;
        };
    }

    private boolean less(long a, long b) {
        return signed ? a < b : Long.compareUnsigned(a, b) < 0;
    }
}
