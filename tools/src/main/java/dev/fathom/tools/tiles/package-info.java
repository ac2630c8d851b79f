/**
 * Big photos in tiles: where they lie and how they are blended ({@link dev.fathom.tools.tiles.TileGrid}), each brought
 * to the whole photo's map ({@link dev.fathom.tools.tiles.TiledEstimator}), and how well they agree
 * ({@link dev.fathom.tools.tiles.Seams}).
 */
package dev.fathom.tools.tiles;
