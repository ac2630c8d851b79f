package dev.fathom.tests.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.models.image.Palette;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.training.metrics.DepthMetric;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;

/** The folder of a run that never was, with the files and numbers that a test asks for. */
final class MadeUpRun {
    static final int STEPS_AN_EPOCH = 20;
    static final int IMAGES = 12;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private int planned = 5;
    private String settings = "";
    private IntToDoubleFunction absRel = epoch -> 0.4 / (epoch + 1);
    private IntToDoubleFunction loss = epoch -> 0.6 / (epoch + 1);
    private int samples = 2;

    MadeUpRun(Path folder) {
        this.folder = folder;
    }

    /** The abs_rel of each epoch, from 0. */
    MadeUpRun absRel(IntToDoubleFunction byEpoch) {
        absRel = byEpoch;
        return this;
    }

    /** The training loss of each epoch, from 0. */
    MadeUpRun loss(IntToDoubleFunction byEpoch) {
        loss = byEpoch;
        return this;
    }

    /** Epochs that the settings ask for. */
    MadeUpRun planned(int epochs) {
        planned = epochs;
        return this;
    }

    /** More lines of config.yaml. */
    MadeUpRun settings(String lines) {
        settings = lines;
        return this;
    }

    /** Samples with pictures. */
    MadeUpRun samples(int count) {
        samples = count;
        return this;
    }

    /** A run as versions before wrote it: no steps, no images, no pictures. */
    Path writeOld(int epochs) {
        facts();
        for (int epoch = 0; epoch < epochs; epoch++) {
            append("metrics.jsonl", metrics(epoch, false));
        }
        return folder;
    }

    /** Everything, for so many finished epochs. */
    Path write(int epochs) {
        facts();
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (int batch = 0; batch < STEPS_AN_EPOCH; batch++) {
                append("steps.jsonl", step(epoch, batch));
            }
            for (int image = 0; image < IMAGES; image++) {
                append("validation.jsonl", image(epoch, image));
            }
            append("metrics.jsonl", metrics(epoch, true));
        }
        if (samples > 0 && epochs > 0) {
            panels(epochs);
        }
        return folder;
    }

    /** The line of one step, to be changed and appended by the test. */
    Map<String, Object> step(int epoch, int batch) {
        int step = epoch * STEPS_AN_EPOCH + batch + 1;
        double noise = new SplittableRandom(step).nextDouble() - 0.5;
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        line.put("epoch", epoch);
        line.put("batch", batch);
        line.put("batches", STEPS_AN_EPOCH);
        line.put("loss", loss.applyAsDouble(epoch) * (1.2 - 0.2 * batch / STEPS_AN_EPOCH + 0.3 * noise));
        double rate = 1e-4 * Math.max(0, 1 - (step - 1.0) / (planned * STEPS_AN_EPOCH));
        line.put("lr", rate);
        line.put("head_lr", 10 * rate);
        line.put("grad_norm", 2 + noise);
        line.put("seconds", 0.5 + 0.1 * noise);
        line.put("wait_seconds", 0.02);
        line.put("images", 4);
        line.put("loss_scale", 1.0);
        line.put("applied", true);
        line.put("resident_bytes", 1_500_000_000L + 1_000_000L * batch);
        line.put("time", 1_763_658_000.0 + 0.5 * step);
        return line;
    }

    /** abs_rel of an image: all images of an epoch have the epoch's mean, image 7 is the worst, image 2 the best. */
    private Map<String, Object> image(int epoch, int image) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("epoch", epoch);
        line.put("step", (epoch + 1) * STEPS_AN_EPOCH);
        line.put("index", image);
        line.put("name", name(image));
        line.put("pixels", 300_000);
        double mean = absRel.applyAsDouble(epoch);
        all(line, image == 7 ? 1.9 * mean : image == 2 ? 0.1 * mean : mean * (1 + 0.01 * (image - 6)));
        return line;
    }

    static String name(int image) {
        return "val/room_%05d%s.h5".formatted(image, image == 7 ? " <&>" : "");
    }

    /** The line of one epoch, to be changed and appended by the test. */
    Map<String, Object> metrics(int epoch, boolean newer) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("epoch", epoch);
        line.put("step", (epoch + 1) * STEPS_AN_EPOCH);
        line.put("train_loss", loss.applyAsDouble(epoch));
        all(line, absRel.applyAsDouble(epoch));
        line.put("images", IMAGES);
        line.put("skipped", 0);
        line.put("skipped_batches", 0);
        line.put("empty_samples", 0);
        line.put("precision", "fp32");
        line.put("train_seconds", 11.0);
        line.put("validation_seconds", 2.5);
        if (newer) {
            double[] edges = new double[11];
            double[] errors = new double[10];
            long[] pixels = new long[10];
            for (int i = 0; i <= 10; i++) {
                edges[i] = i;
            }
            for (int i = 0; i < 10; i++) {
                errors[i] = absRel.applyAsDouble(epoch) * (0.5 + 0.1 * i);
                pixels[i] = 1000L * (10 - i);
            }
            line.put("by_depth", Map.of("edges", edges, "pixels", pixels, "abs_rel", errors, "mae", errors));
        }
        return line;
    }

    private static void all(Map<String, Object> line, double absRel) {
        for (DepthMetric metric : DepthMetric.values()) {
            // A value that JSON cannot say is null.
            line.put(metric.key(), !Double.isFinite(absRel) ? null : metric.higherIsBetter() ? 1 - absRel
                    : metric == DepthMetric.ABS_REL ? absRel : 2 * absRel);
        }
    }

    private void facts() {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.yaml"), "# made up\ndata: /rooms/train\nmax-depth: 10.0\nepochs: "
                    + planned + "\nlr: 1.0E-4\n" + settings);
            Files.writeString(folder.resolve("about.json"), """
                    {"started": "2026-11-20T16:58:57Z", "machine": {"Fathom": "0.1.0", "processor": "AMD <EPYC> & co"},
                     "data": {"training": {"frames": 80, "fingerprint": "d1925f"},
                              "validation": {"frames": 12, "fingerprint": "25ec8a"}}}
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a line to a file of the run. */
    void append(String file, Map<String, ?> line) {
        try {
            Files.writeString(folder.resolve(file), JSON.writeValueAsString(line) + "\n", StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void panels(int epochs) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (int s = 0; s < samples; s++) {
            List<Map<String, Object>> moments = new ArrayList<>();
            for (int epoch = 0; epoch < epochs; epoch++) {
                double error = absRel.applyAsDouble(epoch);
                moments.add(Map.of("epoch", epoch, "prediction", picture(s + "/p" + epoch + ".png", 0.2 * s + error,
                        "viridis"), "error", picture(s + "/e" + epoch + ".png", error, "magma"), "metrics",
                        Map.of("abs_rel", error)));
            }
            list.add(Map.of("slot", s + 1, "name", name(s), "high", 8.5, "width", 64, "height", 48, "image",
                    picture(s + "/image.png", 0.3 * s, "gray"), "truth", picture(s + "/truth.png", 0.2 * s, "viridis"),
                    "epochs", moments));
        }
        List<Object> worst = List.of(extreme(epochs - 1, 7, 1.9));
        List<Object> best = List.of(extreme(epochs - 1, 2, 0.1));
        try {
            Files.writeString(folder.resolve("panels/index.json"), JSON.writeValueAsString(Map.of("version", 1, "palette",
                    "viridis", "error_palette", "magma", "error_high", 0.5, "samples", list, "worst", worst, "best",
                    best)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, Object> extreme(int epoch, int image, double factor) {
        String at = "x" + image;
        Map<String, Object> extreme = new LinkedHashMap<>();
        extreme.put("epoch", epoch);
        extreme.put("name", name(image));
        extreme.put("high", 7.5);
        extreme.put("image", picture(at + "/image.png", 0.1, "gray"));
        extreme.put("truth", picture(at + "/truth.png", 0.1, "viridis"));
        extreme.put("prediction", picture(at + "/prediction.png", factor, "viridis"));
        extreme.put("error", picture(at + "/error.png", factor, "magma"));
        extreme.put("metrics", Map.of("abs_rel", factor * absRel.applyAsDouble(epoch), "d1", 0.5));
        return extreme;
    }

    /** A slope in the colours of a palette, moved by {@code shift}. */
    private String picture(String name, double shift, String palette) {
        BufferedImage image = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 64; x++) {
                image.setRGB(x, y, Palette.named(palette).colourAt((x / 64.0 + y / 96.0 + shift) % 1));
            }
        }
        Path file = folder.resolve("panels").resolve(name);
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        EmbeddedImage.png(image).save(file);
        return name;
    }
}
