/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4a, the settings: files in debugfs that are written.
 */
#ifndef SPF_SETTINGS_H
#define SPF_SETTINGS_H

struct dentry;

/**
 * spf_settings_create - a file for each of them
 * @dir: where
 */
void spf_settings_create(struct dentry *dir);

#endif /* SPF_SETTINGS_H */
