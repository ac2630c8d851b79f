package dev.fathom.training.trainer;

import dev.fathom.engine.Tensor;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.evaluation.Evaluation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Several listeners as one. */
final class Listeners implements TrainListener {
    private final List<TrainListener> all;

    Listeners(TrainListener... all) {
        this.all = List.of(all);
    }

    private void each(Consumer<TrainListener> call) {
        all.forEach(call);
    }

    @Override
    public void begins(Start start) {
        each(l -> l.begins(start));
    }

    @Override
    public boolean wantsGradients(long step) {
        return all.stream().anyMatch(l -> l.wantsGradients(step));
    }

    @Override
    public void gradients(long step, Map<String, Tensor> byParameter, double scale) {
        all.stream().filter(l -> l.wantsGradients(step)).forEach(l -> l.gradients(step, byParameter, scale));
    }

    @Override
    public void step(Step step) {
        each(l -> l.step(step));
    }

    @Override
    public void skipped(int epoch, int batch, String names) {
        each(l -> l.skipped(epoch, batch, names));
    }

    @Override
    public void badFrame(BadFrame frame) {
        each(l -> l.badFrame(frame));
    }

    @Override
    public void notFinite(NotFinite step) {
        each(l -> l.notFinite(step));
    }

    @Override
    public void validated(Validated image) {
        each(l -> l.validated(image));
    }

    @Override
    public void validationEnds(int epoch, long step, Evaluation evaluation) {
        each(l -> l.validationEnds(epoch, step, evaluation));
    }

    @Override
    public void epoch(Epoch epoch) {
        each(l -> l.epoch(epoch));
    }

    @Override
    public void saved(Path file) {
        each(l -> l.saved(file));
    }
}
