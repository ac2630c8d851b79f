package dev.fathom.tools.cli;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far long work has come: a bar with rate and remaining time on a terminal, now and then a plain line anywhere
 * else. Goes to standard error, so that what a command prints stays clean.
 *
 * <pre>{@code
 * try (Progress progress = Progress.start("Rendering", count, "rooms")) {
 *     ... progress.to(done);
 * }
 * }</pre>
 *
 * <p>May be called from several threads; a step backwards is ignored.
 */
public abstract class Progress implements AutoCloseable {
    /** Plain lines come no more often than this. */
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

    private long reached;

    /**
     * Begins.
     *
     * @param what  what is being done: {@code Rendering}
     * @param total how many there are
     * @param unit  of what: {@code rooms}
     */
    public static Progress start(String what, long total, String unit) {
        return Terminal.interactive()
            ? new Bar(what, total, unit, System.err, Terminal.columns())
            : new Lines(what, total, unit, System.err, BETWEEN_LINES);
    }

    /** Plain lines to {@code out}, at least {@code apart} from each other; the last is always written. */
    public static Progress lines(String what, long total, String unit, PrintStream out, Duration apart) {
        return new Lines(what, total, unit, out, apart);
    }

    /** {@code done} of the total are done. */
    public final synchronized void to(long done) {
        if (done > reached) {
            reached = done;
            show(done);
        }
    }

    /** One more is done. */
    public final synchronized void step() {
        to(reached + 1);
    }

    /** A few words behind the bar: the loss, for example. */
    public abstract void note(String words);

    abstract void show(long done);

    @Override
    public abstract void close();

    /** A bar that is drawn over itself. */
    private static final class Bar extends Progress {
        private final ProgressBar bar;

        Bar(String what, long total, String unit, PrintStream out, int columns) {
            // Block characters only where the terminal's character set has them.
            boolean unicode = out.charset().newEncoder().canEncode('█');
            DecimalFormat rate = new DecimalFormat("0.0", DecimalFormatSymbols.getInstance(Locale.ROOT));
            bar = new ProgressBarBuilder().setTaskName(what).setInitialMax(total).setUnit(" " + unit, 1)
                .setStyle(unicode ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(150).showSpeed(rate)
                .setConsumer(new ConsoleProgressBarConsumer(out, columns - 1)).build();
        }

        @Override
        public void note(String words) {
            bar.setExtraMessage(" " + words);
        }

        @Override
        void show(long done) {
            bar.stepTo(done);
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /** A line at most every few seconds. */
    private static final class Lines extends Progress {
        private final String what;
        private final long total;
        private final String unit;
        private final PrintStream out;
        private final long nanosApart;
        private final long start = System.nanoTime();
        private long lastLine = start;
        private long shown = -1;
        private long done;
        private String note = "";

        Lines(String what, long total, String unit, PrintStream out, Duration apart) {
            this.what = what;
            this.total = total;
            this.unit = unit;
            this.out = out;
            this.nanosApart = apart.toNanos();
        }

        @Override
        public synchronized void note(String words) {
            note = words;
        }

        @Override
        synchronized void show(long now) {
            done = now;
            if (System.nanoTime() - lastLine >= nanosApart && now < total) {
                line();
            }
        }

        private void line() {
            lastLine = System.nanoTime();
            shown = done;
            double seconds = (lastLine - start) / 1e9;
            StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%s: %d of %d %s, %.1f/s", what, done,
                total,
                unit, done / Math.max(seconds, 1e-9)));
            text.append(done < total && done > 0 ? ", " + Durations.words(seconds * (total - done) / done) + " left"
                : ", " + Durations.words(seconds));
            if (!note.isEmpty()) {
                text.append(", ").append(note);
            }
            out.println(text);
        }

        @Override
        public synchronized void close() {
            if (done > 0 && shown != done) {
                line();
            }
        }
    }
}
