package dev.fathom.tools.train;

import dev.fathom.tools.events.TensorBoardLog;
import dev.fathom.tools.panels.PanelLog;
import dev.fathom.training.trainer.TrainListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What writes pictures and event files of a run, as its options ask. */
public final class RunWatch implements AutoCloseable {
    private final TensorBoardLog events;
    private final List<TrainListener> listeners = new ArrayList<>();

    /**
     * @param run the run's folder
     * @param withEvents whether to write event files
     * @param histogramEvery steps between histograms in them; 0 for none
     * @param panels samples drawn after each epoch; 0 for none
     */
    public RunWatch(Path run, boolean withEvents, long histogramEvery, int panels) {
        events = withEvents ? new TensorBoardLog(run, histogramEvery) : null;
        if (panels > 0) {
            listeners.add(new PanelLog(run, panels, events == null ? (name, png) -> { } : events::image));
        }
        if (events != null) {
            listeners.add(events);
        }
    }

    /** These and others as one, these last. */
    public TrainListener with(TrainListener... others) {
        List<TrainListener> all = new ArrayList<>(List.of(others));
        all.addAll(listeners);
        return TrainListener.all(all.toArray(TrainListener[]::new));
    }

    @Override
    public void close() {
        if (events != null) {
            events.close();
        }
    }
}
