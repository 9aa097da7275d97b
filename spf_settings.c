// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4a, the settings: files in debugfs that are written, one number each.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/threads.h>
#include <linux/uaccess.h>

#include <spf/filter.h>
#include <spf/hooks.h>
#include <spf/settings.h>

/*
 * One value is set at a time.  Taken before all other locks.  No probe handler
 * takes it.
 */
static DEFINE_MUTEX(settings_lock);

/* Ten thousand bad values are a hundred sentences. */
static DEFINE_RATELIMIT_STATE(refusals, 5 * HZ, 100);

static bool may_say(void)
{
	return ___ratelimit(&refusals, KBUILD_MODNAME);
}

/**
 * struct setting - a file that holds one number
 * @name: file name
 * @allowed: for the sentence that refuses another value
 * @min: smallest value
 * @max: largest value
 * @get: current value, NULL for a file that is only written
 * @set: make it so; 0, or a negative errno and nothing has changed
 */
struct setting {
	const char *name;
	const char *allowed;
	int min;
	int max;
	int (*get)(void);
	int (*set)(int value);
};

static int read_enable(void)
{
	return spf_probe_enabled();
}

static int write_enable(int value)
{
	return spf_probe_enable(value);
}

static int read_pid(void)
{
	struct spf_filter filter;

	spf_filter_read(&filter);
	return filter.pid;
}

static int write_pid(int value)
{
	int err = spf_filter_set(value);

	if (err && may_say())
		pr_warn("pid: no process or thread that lives has the id %d in the writer's pid namespace; allowed are 0 (everyone) or the id of one\n",
			value);
	return err;
}

static int read_children(void)
{
	struct spf_filter filter;

	spf_filter_read(&filter);
	return filter.children;
}

static int write_children(int value)
{
	int err = spf_filter_follow(value);

	if (err && may_say())
		pr_warn("children: this kernel does not show forks; allowed is 0\n");
	return err;
}

static int write_reset(int value)
{
	spf_probe_reset();
	return 0;
}

static const struct setting settings[] = {
	{ "enable", "0 (off) or 1 (on)", 0, 1, read_enable, write_enable },
	{ "pid", "0 (everyone) or a process id", 0, PID_MAX_LIMIT, read_pid,
	  write_pid },
	{ "children", "0 (the process alone) or 1 (and those that it starts)",
	  0, 1, read_children, write_children },
	{ "reset", "1", 1, 1, NULL, write_reset },
};

static ssize_t setting_read(struct file *file, char __user *to, size_t count,
			    loff_t *pos)
{
	const struct setting *s = file->private_data;
	char text[16];
	int len;

	if (!s->get)
		return -EACCES;
	len = scnprintf(text, sizeof(text), "%d\n", s->get());
	return simple_read_from_buffer(to, count, pos, text, len);
}

/* The whole of it is one number, with or without a newline behind. */
static bool parse(const struct setting *s, const char *text, size_t len,
		  int *value)
{
	return strlen(text) == len && !kstrtoint(text, 10, value) &&
	       *value >= s->min && *value <= s->max;
}

static ssize_t setting_write(struct file *file, const char __user *from,
			     size_t count, loff_t *pos)
{
	const struct setting *s = file->private_data;
	char text[16] = "";
	size_t len = min(count, sizeof(text) - 1);
	int value, err;

	/* Else the second half of a number would be a number, too. */
	if (*pos) {
		if (may_say())
			pr_warn("%s: a value is written in one piece at the start of the file, not at offset %lld\n",
				s->name, *pos);
		return -EINVAL;
	}
	if (copy_from_user(text, from, len))
		return -EFAULT;
	if (len < count || !parse(s, text, len, &value)) {
		if (may_say())
			pr_warn("%s: \"%*pE\" is not allowed, only %s\n",
				s->name, (int)len, text, s->allowed);
		return -EINVAL;
	}
	mutex_lock(&settings_lock);
	err = s->set(value);
	mutex_unlock(&settings_lock);
	if (err)
		return err;
	*pos += count;
	return count;
}

static const struct file_operations setting_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = setting_read,
	.write = setting_write,
	.llseek = default_llseek,
};

void spf_settings_create(struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		debugfs_create_file(settings[i].name,
				    settings[i].get ? 0600 : 0200, dir,
				    (void *)&settings[i], &setting_fops);
}
