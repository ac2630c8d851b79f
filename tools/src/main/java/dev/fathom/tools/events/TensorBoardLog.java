package dev.fathom.tools.events;

import dev.fathom.engine.Tensor;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What TensorBoard shows of a run, written into its folder while it goes. {@code train/} and {@code val/}: losses and
 * measures; {@code lr/}: both rates; {@code speed/}, {@code memory/}: the machine; {@code gradients/}: histograms by
 * block; {@code panels/}: image, true and predicted depth. The x axis counts optimiser steps.
 *
 * <p>A run that goes on begins a new file, whose first event takes back what older files say of later steps.
 */
public final class TensorBoardLog implements TrainListener, AutoCloseable {
    private final Path folder;
    private final long histogramEvery;
    /** Of this epoch, by name: written once its state is saved. */
    private final Map<String, EmbeddedImage> images = new LinkedHashMap<>();
    private EventFile file;

    /**
     * @param folder of the run
     * @param histogramEvery steps from one look at the gradients to the next, the first at step 1; 0 for none
     */
    public TensorBoardLog(Path folder, long histogramEvery) {
        this.folder = folder;
        this.histogramEvery = histogramEvery;
    }

    @Override
    public void begins(Start start) {
        file = EventFile.create(folder, start.step() == 0 ? 0 : start.step() + 1);
    }

    @Override
    public boolean wantsGradients(long step) {
        return histogramEvery > 0 && (step - 1) % histogramEvery == 0;
    }

    @Override
    public void gradients(long step, Map<String, Tensor> byParameter, double scale) {
        Summary summary = new Summary();
        GradientGroups.of(byParameter).forEach((group, gradients) ->
                summary.histogram("gradients/" + group, GradientHistogram.of(gradients, scale)));
        file.add(step, summary);
    }

    @Override
    public void step(Step s) {
        if (!s.applied()) {
            return; // There is no such step: the next one will have its number.
        }
        Summary summary = new Summary().scalar("train/loss", s.loss()).scalar("train/grad_norm", s.gradNorm())
                .scalar("lr/encoder", s.learningRate()).scalar("lr/decoder", s.headLearningRate())
                .scalar("speed/images_per_s", s.images() / s.seconds())
                .scalar("speed/data_wait", s.waitSeconds() / s.seconds())
                .scalar("memory/tensors_peak_MB", s.memory().tensorPeakBytes() * 1e-6);
        if (s.memory().residentBytes() >= 0) {
            summary.scalar("memory/resident_MB", s.memory().residentBytes() * 1e-6);
        }
        if (s.lossScale() != 1) {
            summary.scalar("train/loss_scale", s.lossScale());
        }
        file.add(s.step(), summary);
    }

    /** Shows a picture with this epoch's measures; a later one of the same name takes its place. */
    public void image(String name, EmbeddedImage png) {
        images.put(name, png);
    }

    @Override
    public void epoch(Epoch epoch) {
        Summary summary = new Summary().scalar("train/epoch_loss", epoch.meanLoss());
        for (DepthMetric metric : DepthMetric.values()) {
            summary.scalar("val/" + metric.key(), epoch.validation().mean().get(metric));
        }
        epoch.bySet().forEach((name, own) -> {
            for (DepthMetric metric : DepthMetric.values()) {
                summary.scalar("val of " + name + "/" + metric.key(), own.mean().get(metric));
            }
        });
        file.add(epoch.step(), summary);
        images.forEach((name, png) -> file.add(epoch.step(), new Summary().image("panels/" + name, png)));
        images.clear();
        file.flush();
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
