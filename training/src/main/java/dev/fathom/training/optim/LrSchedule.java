package dev.fathom.training.optim;

import dev.fathom.engine.errors.FathomException;

/** The learning rate over the course of a training, as a factor of the rate that was asked for. */
public sealed interface LrSchedule {
    /**
     * The factor of an optimiser step.
     *
     * @param step how many steps were done before it: 0 for the first
     */
    double factor(long step);

    /** The same rate always. */
    record Constant() implements LrSchedule {
        @Override
        public double factor(long step) {
            return 1;
        }
    }

    /**
     * A straight line from 0 to 1, then half a cosine from 1 to 0: {@code get_cosine_schedule_with_warmup} of Hugging
     * Face's transformers.
     *
     * <pre>
     * step &lt; warmup:  step / warmup
     * after:          max(0, (1 + cos(2 pi cycles p)) / 2),   p = (step - warmup) / max(1, total - warmup)
     * </pre>
     *
     * <p>The first step of a warm-up has factor 0: weights stay, but the optimiser's moments move. Beyond {@code total}
     * the cosine rises again, as the original's does.
     *
     * @param warmup steps of the straight line; 0 for none
     * @param total steps of the whole training
     * @param cycles 0.5 ends at 0
     */
    record CosineWarmup(long warmup, long total, double cycles) implements LrSchedule {
        public CosineWarmup {
            if (warmup < 0 || total < 1 || !(cycles >= 0)) {
                throw new FathomException("CosineWarmup: " + warmup + " warm-up steps of " + total + " with " + cycles
                        + " cycles; needed are at least 0, at least 1 and at least 0");
            }
        }

        public CosineWarmup(long warmup, long total) {
            this(warmup, total, 0.5);
        }

        @Override
        public double factor(long step) {
            if (step < warmup) {
                return (double) step / Math.max(1, warmup);
            }
            double progress = (double) (step - warmup) / Math.max(1, total - warmup);
            return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress)));
        }
    }

    /**
     * The official trainer's: (1 - i/total)^0.9, set <em>after</em> step i. So steps 0 and 1 both run at the full rate,
     * and step i with the factor of i - 1.
     *
     * @param total steps of the whole training
     */
    record OfficialPoly(long total) implements LrSchedule {
        private static final double POWER = 0.9;

        public OfficialPoly {
            if (total < 1) {
                throw new FathomException("OfficialPoly: the training has " + total
                        + " steps, but at least 1 is needed");
            }
        }

        @Override
        public double factor(long step) {
            return Math.pow(Math.max(0, 1 - (double) Math.max(0, step - 1) / total), POWER);
        }
    }

    /**
     * Rises along half a cosine from lr / 25 to lr over the first 30 % of the steps, then falls along another to
     * lr / 250 000: Smith and Topin 2018, "Super-Convergence", as PyTorch's {@code OneCycleLR} with its defaults
     * ({@code pct_start} 0.3, {@code div_factor} 25, {@code final_div_factor} 1e4, {@code anneal_strategy} cos, two
     * phases), without its cycling of the momentum. ZoeDepth trains so.
     *
     * <pre>
     * top = 0.3 total - 1, end = total - 1
     * step &lt;= top:  between(1/25, 1, step / top)
     * after:        between(1, 1/25/1e4, (step - top) / (end - top))
     * between(a, b, p) = b + (a - b) / 2 (1 + cos(pi p))
     * </pre>
     *
     * <p>{@code top} is no whole number in general, and then no step has the full rate exactly. A run too short to rise
     * (0.3 total below 1) only falls. Past the end, where PyTorch raises, the last factor stays.
     *
     * @param total steps of the whole training
     */
    record OneCycle(long total) implements LrSchedule {
        private static final double PCT_START = 0.3;
        private static final double FIRST = 1 / 25.0;
        private static final double LAST = FIRST / 1e4;

        public OneCycle {
            if (total < 1) {
                throw new FathomException("OneCycle: the training has " + total
                        + " steps, but at least 1 is needed");
            }
        }

        @Override
        public double factor(long step) {
            double top = PCT_START * total - 1;
            double end = total - 1;
            if (step >= end) {
                return LAST;
            }
            if (step <= top) {
                // At top == 0 there is nothing to rise over, and 0 / 0 would be no number.
                return top > 0 ? between(FIRST, 1, step / top) : 1;
            }
            return between(1, LAST, (step - top) / (end - top));
        }

        private static double between(double a, double b, double part) {
            return b + (a - b) / 2 * (1 + Math.cos(Math.PI * part));
        }
    }

    /**
     * A straight line from 0 to 1, then another schedule from its start.
     *
     * <pre>
     * step &lt; warmup:  step / warmup
     * after:          then.factor(step - warmup)
     * </pre>
     *
     * <p>{@code then} is made for the steps that are left: total - warmup.
     *
     * @param warmup steps of the straight line; 0 for none
     * @param then what follows, with a factor of 1 at its step 0
     */
    record Warmup(long warmup, LrSchedule then) implements LrSchedule {
        public Warmup {
            if (warmup < 0) {
                throw new FathomException("Warmup: " + warmup + " steps; needed are 0 or more");
            }
        }

        @Override
        public double factor(long step) {
            return step < warmup ? (double) step / warmup : then.factor(step - warmup);
        }
    }
}
