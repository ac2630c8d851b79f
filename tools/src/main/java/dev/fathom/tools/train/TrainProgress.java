package dev.fathom.tools.train;

import dev.fathom.engine.memory.ResidentMemory;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.Terminal;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.nan.ReplayFacts;
import dev.fathom.training.trainer.TrainListener;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A run as it goes: a line an epoch on standard output; on standard error, while an epoch or a validation runs, a line
 * that is drawn over itself on a terminal, and now and then a plain one anywhere else.
 */
public final class TrainProgress implements TrainListener, AutoCloseable {
    /**
     * How a run is shown.
     *
     * @param columns of the terminal; 0 for plain lines
     * @param apart plain lines come this often, and at each tenth of an epoch that takes a sixth of it or longer
     * @param nanos the clock, as {@link System#nanoTime}
     */
    public record View(PrintStream err, int columns, Duration apart, LongSupplier nanos) {
        /** As the process was started. */
        static View usual() {
            return new View(System.err, Terminal.interactive() ? Terminal.columns() : 0, Duration.ofSeconds(30),
                    System::nanoTime);
        }
    }

    /** A terminal's line is drawn no more often than this. */
    private static final Duration BETWEEN_DRAWINGS = Duration.ofMillis(400);
    private static final int TENTHS = 10;
    /** What an epoch's line says of the validation; metrics.jsonl has all. */
    private static final List<DepthMetric> SHOWN = List.of(DepthMetric.D1, DepthMetric.D2, DepthMetric.D3,
            DepthMetric.ABS_REL, DepthMetric.SQ_REL, DepthMetric.RMSE, DepthMetric.RMSE_LOG, DepthMetric.LOG10,
            DepthMetric.SILOG_DAV2, DepthMetric.MAE);

    private final PrintWriter out;
    private final View view;
    private final Pace pace;
    private Start start;
    private boolean blocks;
    private int drawn;
    private long shown;
    private int tenth;
    private long validating;

    public TrainProgress(PrintWriter out) {
        this(out, View.usual());
    }

    public TrainProgress(PrintWriter out, View view) {
        this.out = out;
        this.view = view;
        this.pace = new Pace(view.nanos);
        this.blocks = view.err.charset().newEncoder().canEncode('█');
    }

    @Override
    public void begins(Start from) {
        start = from;
        pace.begins(from);
        shown = view.nanos.getAsLong();
        tenth = TENTHS * from.batch() / from.batches();
    }

    @Override
    public void step(Step step) {
        pace.step(step);
        boolean last = step.batch() + 1 == step.batches();
        if (view.columns == 0) {
            if (isTimeForLine(step.batch() + 1, step.batches()) && !last) {
                view.err.println(sentence(step));
            }
        } else if (isTimeToDraw() || last) {
            draw(line(step), (step.batch() + 1.0) / step.batches());
        }
    }

    private boolean isTimeToDraw() {
        return drawn == 0 || view.nanos.getAsLong() - shown >= BETWEEN_DRAWINGS.toNanos();
    }

    private boolean isTimeForLine(int done, int of) {
        long now = view.nanos.getAsLong();
        int reached = TENTHS * done / of;
        boolean due = now - shown >= view.apart.toNanos()
                || reached > tenth && now - shown >= view.apart.toNanos() / 6;
        if (due) {
            shown = now;
            tenth = reached;
        }
        return due;
    }

    private StatusLine line(Step s) {
        String left = StatusLine.clock(pace.epochLeft());
        return new StatusLine()
                .add(String.format(Locale.ROOT, "epoch %d/%d %d/%d", s.epoch() + 1, start.epochs(), s.batch() + 1,
                        s.batches()), 0)
                .add(String.format(Locale.ROOT, "loss %.4f", pace.loss()), 1)
                .add(String.format(Locale.ROOT, "lr %.1e %.1e", s.learningRate(), s.headLearningRate()), 6)
                .add(String.format(Locale.ROOT, "%.2f images/s", pace.imagesPerSecond()), 3)
                .add(String.format(Locale.ROOT, "wait %.0f%%", 100 * pace.waitShare()), 5)
                .add("peak " + Durations.bytes(peak(s)), 4)
                .add("left " + left + ", run " + StatusLine.clock(pace.runLeft()), 2)
                .add(scaling(s.lossScale(), s.overflowSteps()), 7);
    }

    private String sentence(Step s) {
        String scaling = scaling(s.lossScale(), s.overflowSteps());
        return String.format(Locale.ROOT, "epoch %d of %d, step %d of %d: loss %.4f, rates %.1e and %.1e, %.2f images/s,"
                + " %.0f %% of the time waiting for data, at most %s, %s left in the epoch, %s in the run%s",
                s.epoch() + 1, start.epochs(), s.batch() + 1, s.batches(), pace.loss(), s.learningRate(),
                s.headLearningRate(), pace.imagesPerSecond(), 100 * pace.waitShare(), Durations.bytes(peak(s)),
                Durations.words(pace.epochLeft()), Durations.words(pace.runLeft()),
                scaling.isEmpty() ? "" : ", " + scaling);
    }

    /** What the machine must have: physical memory, or on a GPU what tensors take there. */
    private long peak(Step s) {
        return start.device().isHost() ? ResidentMemory.peakBytes().orElse(s.memory().tensorPeakBytes())
                : s.memory().tensorPeakBytes();
    }

    /** The loss scale, and how many steps it cost: nothing unless in fp16. */
    private static String scaling(double lossScale, int overflowSteps) {
        if (lossScale == 1 && overflowSteps == 0) {
            return "";
        }
        String scale = String.format(Locale.ROOT, "loss scale %.0f", lossScale);
        return overflowSteps == 0 ? scale
                : scale + ", " + overflowSteps + (overflowSteps == 1 ? " step left out" : " steps left out");
    }

    private void draw(StatusLine line, double share) {
        shown = view.nanos.getAsLong();
        // The last column stays free: some terminals go to the next line when it is written.
        String text = line.fit(view.columns - 1, share, blocks);
        view.err.print("\r" + text + " ".repeat(Math.max(0, drawn - text.length())));
        view.err.flush();
        drawn = text.length();
    }

    /** Takes the line away, so that another can be printed. */
    private void erase() {
        if (drawn > 0) {
            view.err.print("\r" + " ".repeat(drawn) + "\r");
            view.err.flush();
            drawn = 0;
        }
    }

    @Override
    public void skipped(int epoch, int batch, String names) {
        pace.skipped(epoch, batch);
        erase();
        out.println("left out a batch without a single valid depth: " + names);
    }

    @Override
    public void badFrame(BadFrame frame) {
        erase();
        out.println("left out a " + frame.fault().key() + " frame: " + frame.sentence());
    }

    @Override
    public void notFinite(NotFinite step) {
        erase();
        out.println(String.format(Locale.ROOT, "epoch %d, batch %d: %s", step.epoch() + 1, step.batch() + 1,
                ReplayFacts.symptom(step.loss(), step.gradients())));
        step.finding().lines().forEach(out::println);
        if (step.replay() != null) {
            out.println("  replay   tools/fathom replay " + step.replay());
        }
        out.println(step.goesOn() ? "  so       the step is left out, number " + step.count() + " of this run"
                : "  so       the run ends");
    }

    @Override
    public void validated(Validated image) {
        long now = view.nanos.getAsLong();
        if (image.done() == 1) {
            validating = now;
            tenth = 0;
        }
        boolean last = image.done() == image.of();
        double left = image.done() == 1 ? Double.NaN
                : (now - validating) * 1e-9 / (image.done() - 1) * (image.of() - image.done());
        if (view.columns == 0) {
            if (isTimeForLine(image.done(), image.of()) && !last) {
                view.err.println(String.format(Locale.ROOT, "validation after epoch %d: image %d of %d%s",
                        image.epoch() + 1, image.done(), image.of(), Double.isNaN(left) ? ""
                        : ", " + Durations.words(left) + " left"));
            }
        } else if (isTimeToDraw() || last) {
            draw(new StatusLine().add(String.format(Locale.ROOT, "validation %d/%d", image.done(), image.of()), 0)
                    .add("left " + StatusLine.clock(left), 1), (double) image.done() / image.of());
        }
    }

    @Override
    public void epoch(Epoch epoch) {
        pace.epoch(epoch);
        shown = view.nanos.getAsLong();
        tenth = 0;
        erase();
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "epoch %d of %d: loss %.4f", epoch.epoch()
                + 1, epoch.epochs(),
                epoch.meanLoss()));
        for (DepthMetric metric : SHOWN) {
            line.append(String.format(Locale.ROOT, ", %s %.4f", metric.key(), epoch.validation().mean().get(metric)));
        }
        if (epoch.validation().skipped() > 0) {
            line.append(", ").append(epoch.validation().skipped()).append(" images without depth left out");
        }
        line.append(badFrames("training", epoch.badFrames()))
                .append(badFrames("validation", epoch.validation().bad()));
        String scaling = scaling(epoch.lossScale(), epoch.overflowSteps());
        line.append(scaling.isEmpty() ? "" : ", " + scaling);
        if (epoch.nonFiniteSteps() > 0) {
            line.append(", ").append(epoch.nonFiniteSteps()).append(" not finite left out");
        }
        out.println(line + (epoch.best() ? " (best)" : ""));
        epoch.bySet().forEach((name, own) -> {
            StringBuilder set = new StringBuilder(String.format(Locale.ROOT, "  of these %,d images", own.counted()));
            for (DepthMetric metric : SHOWN) {
                set.append(String.format(Locale.ROOT, ", %s %.4f", metric.key(), own.mean().get(metric)));
            }
            set.append(": ").append(name);
            out.println(set);
        });
        out.flush();
    }

    private static String badFrames(String set, Map<String, Integer> counts) {
        return counts.isEmpty() ? "" : ", " + set + " frames left out: " + SkipBad.words(counts);
    }

    @Override
    public void close() {
        erase();
    }
}
