package dev.fathom.tools.quickstart;

import dev.fathom.engine.Device;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.train.TrainProgress;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom quickstart}: everything once, on rendered rooms. */
@Command(name = "quickstart", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Render rooms, train a small network on them, measure it on others, write a report.", "",
            "Needs nothing but this program: about two minutes on two cores."})
public final class QuickstartCommand implements Callable<Integer> {
    @Option(names = "--outdir", defaultValue = "runs/quickstart", paramLabel = "DIR",
            description = "Where everything goes; an earlier quickstart there is replaced (default: ${DEFAULT-VALUE}).")
    private Path outdir;

    @Option(names = "--tiny", hidden = true,
            description = "For tests: seconds instead of minutes, numbers without meaning.")
    private boolean tiny;

    @Mixin
    private DeviceArguments where;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        QuickstartPlan plan = tiny ? QuickstartPlan.tiny() : QuickstartPlan.standard();
        where.check(spec);
        Device device = where.choose(out);
        long start = System.nanoTime();
        try (View view = new View(out)) {
            Quickstart quickstart = new Quickstart(outdir, plan, device, view);
            try (Interrupt interrupt = Interrupt.calls(quickstart::requestStop)) {
                Quickstart.Result result = quickstart.run();
                if (result == null) {
                    out.println("stopped; the same command starts anew");
                    return interrupt.exitCode();
                }
                Path panel = outdir.resolve("predictions.png");
                Path report = outdir.resolve("report.html");
                Quickstart.panel(result.samples()).save(panel);
                double seconds = (System.nanoTime() - start) / 1e9;
                QuickstartReport.page(result, seconds).save(report);
                print(out, result, seconds);
                out.println("predictions   " + panel);
                out.println("report        " + report);
                out.println("weights       " + result.best() + "  (try: tools/fathom predict --load-from "
                        + result.best()
                        + " --input-size " + plan.options().batch().inputSize() + " --img-path PHOTO)");
                return 0;
            }
        }
    }

    private static void print(PrintWriter out, Quickstart.Result result, double seconds) {
        out.printf(Locale.ROOT, "%n%-11s %10s %15s %10s%n", "held-out", "trained", "best constant", "untrained");
        for (DepthMetric metric : DepthMetric.values()) {
            out.printf(Locale.ROOT, "%-11s %10.4f %15.4f %10.4f%n", metric.key(), result.trained().mean().get(metric),
                    result.constant().metrics().get(metric), result.untrained().mean().get(metric));
        }
        double model = result.trained().mean().get(DepthMetric.ABS_REL);
        double constant = result.constant().metrics().get(DepthMetric.ABS_REL);
        out.printf(Locale.ROOT, "%nabs_rel %.3f against %.3f of the best constant prediction (%.2f m, chosen knowing"
                + " the "
                + "answers): %.0f %% %s error, in %s%n%n", model, constant, result.constant().metres(),
                100 * Math.abs(1 - model / constant), model < constant ? "less" : "MORE", Durations.words(seconds));
    }

    /** Bars for rendering and measuring, the training's own for the rest. */
    private static final class View implements Quickstart.Watcher, AutoCloseable {
        private final TrainProgress training;
        private Progress bar;

        View(PrintWriter out) {
            training = new TrainProgress(out);
        }

        private void begin(String what, int total, String unit) {
            closeBar();
            bar = Progress.start(what, total, unit);
        }

        @Override
        public void rendering(String what, int total) {
            begin("Rendering " + what, total, "rooms");
        }

        @Override
        public void rendered(int done) {
            bar.to(done);
        }

        @Override
        public void measuring(String what, int total) {
            begin("Measuring the " + what, total, "rooms");
        }

        @Override
        public void measured(int done) {
            bar.to(done);
        }

        @Override
        public void begins(TrainListener.Start start) {
            training.begins(start);
        }

        @Override
        public void step(TrainListener.Step step) {
            closeBar();
            training.step(step);
        }

        @Override
        public void skipped(int epoch, int batch, String names) {
            training.skipped(epoch, batch, names);
        }

        @Override
        public void validated(TrainListener.Validated image) {
            training.validated(image);
        }

        @Override
        public void epoch(TrainListener.Epoch epoch) {
            training.epoch(epoch);
        }

        @Override
        public void close() {
            closeBar();
            training.close();
        }

        private void closeBar() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
