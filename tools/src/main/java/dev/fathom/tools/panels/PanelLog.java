package dev.fathom.tools.panels;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.report.DepthCells;
import dev.fathom.tools.report.DepthPanel;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Draws validation samples after each epoch into {@code panels/}: a few that are always the same, and the worst and best.
 * The index is written last, and pictures that it names are never overwritten by others, so that a report made
 * meanwhile finds what it reads about. Done before the epoch's state is saved: a killed run draws the same again.
 */
public final class PanelLog implements TrainListener {
    private static final String EXTREMES = "extremes";
    private static final String INDEX = "index.json";
    private static final int SHEET_CELL = 280;

    private final Path folder;
    private final int count;
    private final BiConsumer<String, EmbeddedImage> strips;
    private PanelIndex index;
    private Extremes extremes;
    private DepthPanel sheet;
    private int shown;

    /**
     * @param run the run's folder
     * @param count how many samples are always shown, at least 1
     * @param strips gets image | true depth | prediction of each of these, by name, at each epoch
     */
    public PanelLog(Path run, int count, BiConsumer<String, EmbeddedImage> strips) {
        this.folder = run.resolve("panels");
        this.count = count;
        this.strips = strips;
    }

    /** Which of {@code of} samples are always shown: as many as {@code count} if there are, evenly apart. */
    public static List<Integer> chosen(int count, int of) {
        int shown = Math.min(count, of);
        List<Integer> chosen = new ArrayList<>();
        for (int i = 0; i < shown; i++) {
            chosen.add((int) ((2L * i + 1) * of / (2L * shown)));
        }
        return chosen;
    }

    @Override
    public void begins(Start start) {
        if (Files.exists(folder.resolve(INDEX))) {
            PanelIndex.before(start.epoch(), folder.resolve(INDEX)).save();
        }
    }

    @Override
    public void validated(Validated v) {
        if (v.done() == 1) {
            shown = 0;
            extremes = new Extremes();
            index = PanelIndex.before(v.epoch(), folder.resolve(INDEX));
            index.keepSlotsBelow(1 + Math.min(count, v.of()));
            sheet = new DepthPanel(PanelCells.DEPTH).errorPalette(PanelCells.ERROR).cellWidth(SHEET_CELL).withError()
                    .title("Epoch " + (v.epoch() + 1)).subtitle("step " + v.step()
                    + ", depth in metres, error is |prediction - truth|");
        }
        extremes.add(v);
        int slot = 1 + chosen(count, v.of()).indexOf(v.result().index());
        if (slot > 0) {
            shown++;
            show(slot, v);
        }
    }

    @Override
    public void validationEnds(int epoch, long step, Evaluation evaluation) {
        if (shown > 0) {
            sheet.save(folder.resolve("latest.png"));
            Set<String> named = new HashSet<>();
            extremes("worst", extremes.worst(), named);
            extremes("best", extremes.best(), named);
            index.save();
            forget(named);
        }
    }

    private void show(int slot, Validated v) {
        PanelCells cells = PanelCells.of(v);
        String prefix = String.format(Locale.ROOT, "%02d/", slot);
        if (!index.knows(slot, v)) {
            write(cells.image(), prefix + "image.png");
            write(cells.truth(), prefix + "truth.png");
            index.sample(slot, v, cells, prefix + "image.png", prefix + "truth.png");
        }
        String epoch = String.format(Locale.ROOT, "%sepoch-%04d", prefix, v.epoch() + 1);
        write(cells.prediction(), epoch + ".png");
        write(cells.error(), epoch + "-error.png");
        index.epoch(slot, v, epoch + ".png", epoch + "-error.png");
        String name = Path.of(v.result().name()).getFileName().toString();
        String absRel = v.result().metrics().map(m -> String.format(Locale.ROOT, "  abs_rel %.3f",
                m.get(DepthMetric.ABS_REL))).orElse("  without depth");
        sheet.add(name + absRel, v.sample().picture(), v.sample().depth(), v.prediction().values());
        strips.accept(String.format(Locale.ROOT, "%02d_%s", slot, name),
                EmbeddedImage.png(DepthCells.strip(cells.image(), cells.truth(), cells.prediction())));
    }

    private void extremes(String list, List<Validated> samples, Set<String> named) {
        index.clear(list);
        int rank = 1;
        for (Validated v : samples) {
            PanelCells cells = PanelCells.of(v);
            String prefix = String.format(Locale.ROOT, "%s/epoch-%04d-%s-%d-", EXTREMES, v.epoch() + 1, list, rank++);
            write(cells.image(), prefix + "image.png");
            write(cells.truth(), prefix + "truth.png");
            write(cells.prediction(), prefix + "prediction.png");
            write(cells.error(), prefix + "error.png");
            index.extreme(list, v, cells, prefix);
            named.add(prefix);
        }
    }

    /** Deletes the worst and best of other epochs. */
    private void forget(Set<String> named) {
        Path shown = folder.resolve(EXTREMES);
        if (!Files.isDirectory(shown)) {
            return;
        }
        try (Stream<Path> files = Files.list(shown)) {
            for (Path file : files.toList()) {
                String name = EXTREMES + "/" + file.getFileName();
                if (name.matches(EXTREMES + "/epoch-\\d{4,}-(worst|best)-\\d-\\w+\\.png")
                        && named.stream().noneMatch(name::startsWith)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw failed(shown, e);
        }
    }

    /** Not forced to the disk: a picture that a power cut tears will be missed by nobody. */
    private void write(BufferedImage image, String name) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, EmbeddedImage.png(image).bytes());
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static FathomException failed(Path file, IOException e) {
        return new FathomException("The panel " + file + " cannot be written (" + e.getClass().getSimpleName() + ": "
                + e.getMessage() + "); expected a writable folder with room: free space, or go on with --resume"
                + " --panels 0.", e);
    }
}
