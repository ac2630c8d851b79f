/**
 * {@code tools/fathom video}: a clip in, its depth out, in one range of values.
 *
 * <p>{@link dev.fathom.tools.video.ClipFrames} is where frames come from (numbered pictures, or a film through ffmpeg),
 * {@link dev.fathom.tools.video.MapSpool} where the network's maps wait on disk until the whole clip is known,
 * {@link dev.fathom.tools.video.Smoothing} and {@link dev.fathom.tools.video.Flicker} what is done and said about the
 * network's wavering, {@link dev.fathom.tools.video.ClipOutput} where the pictures go.
 */
package dev.fathom.tools.video;
