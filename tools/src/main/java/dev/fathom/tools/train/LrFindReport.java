package dev.fathom.tools.train;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.Pieces;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.probe.LrCurve;
import dev.fathom.training.probe.LrRangeTest;
import dev.fathom.training.trainer.RunPolicy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** {@code train --lr-find}: runs the test, prints its suggestion, writes lr-find.html and lr-find.json. */
final class LrFindReport {
    /** Losses above this many times the largest smoothed one are only marked. */
    private static final double HEADROOM = 2;
    /** A label's width as a share of the chart's. */
    private static final double LABEL = 0.2;

    private LrFindReport() {
    }

    static int run(LrRangeTest test, DepthAnythingV2 model, DepthDataset data, TrainOptions options, RunPolicy policy,
            Path outdir, PrintWriter out) {
        try {
            Files.createDirectories(outdir);
        } catch (IOException e) {
            throw new FathomException("The folder " + outdir + " cannot be made (" + e
                    + "); choose another with --outdir.", e);
        }
        LrCurve curve = test.run(model, data, options, policy, (step, rate, loss) -> {
            if (step % 10 == 0) {
                out.println(String.format(Locale.ROOT, "step %4d: lr %.2e, loss %.4f", step + 1, rate, loss));
                out.flush();
            }
        });
        String verdict = verdict(curve, options.optim().headFactor());
        Path json = outdir.resolve("lr-find.json");
        Path page = outdir.resolve("lr-find.html");
        JsonFile.write(json, facts(curve, verdict));
        page(curve, verdict, options).save(page);
        out.println(verdict);
        out.println("curve in " + page + ", numbers in " + json);
        return 0;
    }

    private static String verdict(LrCurve curve, double headFactor) {
        int taken = curve.losses().length;
        String end = taken == curve.planned() ? "" : String.format(Locale.ROOT,
                "the loss diverged after %d of %d steps%s; ", taken, curve.planned(),
                taken == 0 ? "" : String.format(Locale.ROOT, ", at lr %.2e", curve.rates()[taken - 1]));
        OptionalDouble valley = curve.valley();
        if (valley.isEmpty()) {
            return end + "the loss did not fall at any rate, so there is nothing to suggest: try a smaller"
                    + " --lr-find-from, more --lr-find-steps, or --overfit-one-batch first";
        }
        return end + String.format(Locale.ROOT, "suggested --lr %.1e (the valley's middle; the loss falls most steeply"
                + " at %.1e); the decoder's rate is %s times that", valley.getAsDouble(), curve.steepest().getAsDouble(),
                Double.toString(headFactor).replaceAll("\\.0$", ""));
    }

    private static Map<String, Object> facts(LrCurve curve, String verdict) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("valley", number(curve.valley()));
        facts.put("steepest", number(curve.steepest()));
        facts.put("verdict", verdict);
        facts.put("planned_steps", curve.planned());
        facts.put("learning_rates", curve.rates());
        facts.put("losses", curve.losses());
        facts.put("smoothed", curve.smoothed());
        return facts;
    }

    private static Double number(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }

    private static HtmlPage page(LrCurve curve, String verdict, TrainOptions options) {
        double[] x = Arrays.stream(curve.rates()).map(Math::log10).toArray();
        double[] smoothed = curve.smoothed();
        // One batch that explodes must not press the curve flat.
        double most = HEADROOM * Arrays.stream(smoothed).max().orElse(1);
        LineChart chart = new LineChart("Loss while the rate grows", "encoder's learning rate, as a power of ten", "loss")
                .line("smoothed", x, smoothed)
                .faint("each batch", x, Arrays.stream(curve.losses()).map(v -> v <= most ? v : Double.NaN).toArray())
                .marks("above the picture", IntStream.range(0, x.length).filter(i -> !(curve.losses()[i] <= most))
                        .mapToDouble(i -> x[i]).toArray());
        if (curve.valley().isPresent()) {
            double valley = Math.log10(curve.valley().getAsDouble());
            double steepest = Math.log10(curve.steepest().getAsDouble());
            boolean close = Math.abs(valley - steepest) < LABEL * (x[x.length - 1] - x[0]);
            chart.upright(valley, close ? "valley, steepest" : "valley").upright(steepest, close ? "" : "steepest");
        }
        return new HtmlPage("Learning rate test").lead(verdict.substring(0, 1).toUpperCase(Locale.ROOT)
                + verdict.substring(1) + ".").section("Curve", chart, Pieces.text("One batch a step, each at a higher rate"
                + " than the one before. Useful rates are where the loss falls; where it turns up, rates are too large."
                + " Smoothed as fastai does, with a weight of 0.02 for the newest loss."))
                .footer(Version.line());
    }
}
